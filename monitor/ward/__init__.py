"""A ward's configuration: what can be set, how files are read and merged, secrets, and what a reload changes."""
