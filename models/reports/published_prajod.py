"""What Prajod, Schiller, Huber & André (2021), on facial action units forgotten in transfer, published, as numbers."""

from __future__ import annotations

from collections.abc import Mapping

MODELS = ("FreezeB5", "FreezeB4", "FreezeB3", "FreezeB2", "FreezeB1", "FreezeB0")
"""The six pain models in the order of table 1: FreezeBi keeps the first i convolution blocks as they were."""

TABLE_1: tuple[tuple[str | float, ...], ...] = (
    ("FreezeB5", 0.92, 0.87, 0.90, 0.99, 0.54, 0.76, 0.95, 0.66, 0.81, 0.92),
    ("FreezeB4", 0.93, 0.90, 0.92, 0.99, 0.56, 0.78, 0.96, 0.69, 0.83, 0.92),
    ("FreezeB3", 0.95, 0.85, 0.90, 0.98, 0.69, 0.83, 0.96, 0.76, 0.86, 0.93),
    ("FreezeB2", 0.95, 0.75, 0.85, 0.96, 0.71, 0.84, 0.95, 0.73, 0.84, 0.92),
    ("FreezeB1", 0.95, 0.72, 0.83, 0.95, 0.71, 0.83, 0.95, 0.72, 0.83, 0.91),
    ("FreezeB0", 0.95, 0.72, 0.83, 0.95, 0.71, 0.83, 0.95, 0.71, 0.83, 0.91),
)
"""Model, then precision, recall and F1, each of no pain, pain and their mean, then accuracy."""

MCNEMAR: Mapping[str, float] = {"surprise": 1.56e-4, "contempt": 8.19e-18}
"""FreezeB5 against FreezeB0: p of the difference in recall. The discordant counts were not published."""
FORGOTTEN_EMOTIONS = ("surprise", "contempt")
BEST_MODELS = ("FreezeB3", "FreezeB2")
"""The trade-off's best (figure 6)."""

PROBES: tuple[tuple[str, str, float, float, float, float], ...] = (
    ("AU14", "whole face", 72.41, 74.13, -13.13, 4.88e-34),
    ("AU05", "mouth cropped out", 83.87, 84.36, -9.33, 3.49e-19),
)
"""Unit, picture, mean F1 (%) of FreezeB0 and of FreezeB5, t and p of a plain paired t-test (499 degrees of freedom)."""
PROBE_REPETITIONS = 500

SOURCE_COUNTS: Mapping[str, int] = {"training": 273_269, "validation": 14_382, "test": 4_000}
"""AffectNet images in eight classes; the test has 500 a class."""
TARGET_COUNTS: Mapping[str, int] = {"no pain": 40_029, "pain": 8_369}
"""UNBC frames with PSPI = 0 and PSPI > 0; their sum is 48,398."""
