"""What people at the machine tell the running service: a Unix socket, JSON lines, the command ``vigil bed``."""
