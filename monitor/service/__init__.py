"""The live ward: one supervisor, a capture process per camera, one inference process, one sidecar."""
