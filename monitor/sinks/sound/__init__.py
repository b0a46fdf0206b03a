"""Sink: short tones through the machine's loudspeaker."""
