"""How the service is doing: /livez, /readyz, /status and /metrics."""
