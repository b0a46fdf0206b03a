"""What vigil costs on this machine: stages against the bare libraries, latency at live pace, memory. Never a test."""
