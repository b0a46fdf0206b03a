"""Sink: lines on standard output."""
