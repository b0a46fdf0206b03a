"""Figures of merit and their tables."""
