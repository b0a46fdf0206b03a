"""Figures of the whole program on labelled pictures and films: what it would have judged and alerted."""
