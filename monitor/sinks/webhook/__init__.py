"""Sink: a signed HTTP POST per alert."""
