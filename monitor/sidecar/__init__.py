"""The explaining process: wire format, client without torch, worker with torch."""
