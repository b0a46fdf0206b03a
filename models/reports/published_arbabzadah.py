"""What Arbabzadah, Montavon, Müller & Samek (2016), deconstructing a network for expressions, published, as numbers."""

from __future__ import annotations

RATINGS = ("attractiveness", "happiness", "confidence", "intelligence")

TABLE_1: tuple[tuple[str | float, ...], ...] = (
    ("age", "dense only", 0.43, 0.41, 0.37, 0.33),
    ("age", "full", 0.42, 0.42, 0.34, 0.31),
    ("gender", "dense only", 0.47, 0.36, 0.34, 0.35),
    ("gender", "full", 0.43, 0.38, 0.52, 0.29),
)
"""Base network, what was trained again, then the mean absolute error per rating on the scale 1 to 9.

The text at hand runs the columns together; they are read in the paper's order of ratings.
"""
PICTURES = 2_222
TRAINING = 1_111
LOWERS_HAPPINESS = "mouth"
"""The only covered part that lowered the happiness score, with either base network (figure 7)."""
LEARNS_FASTER = "age"
"""The base network whose heatmaps hold more facial detail and whose training error falls faster (figures 2 and 3)."""
