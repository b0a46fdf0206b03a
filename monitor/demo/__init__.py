"""The demo recording, made on the machine from a public-domain photograph, and the command that replays it."""
