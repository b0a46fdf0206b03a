"""Loop, losses, checkpoints."""
