"""What Weitz et al. and Rieger et al. published, as numbers. The other two: ``published_prajod``, ``…_arbabzadah``.

A value that the text at hand does not hold is None. Sources:
Weitz, Hassan, Schmid & Garbas, slides on deep-learned faces of pain and emotions;
Rieger, Kollmann, Finzel, Seuss & Schmid (2020), verifying deep-learning-based decisions for AU recognition.
"""

from __future__ import annotations

from collections.abc import Mapping

Numbers = tuple[float | None, ...]

WEITZ_COUNTS: Mapping[tuple[str, str], tuple[int, int]] = {
    ("pain level 3", "before"): (87, 12_006),
    ("pain level 4", "before"): (87, 12_006),
    ("disgust", "before"): (76, 114_076),
    ("happiness", "before"): (75, 112_575),
    ("pain level 3", "after"): (87, 12_006),
    ("pain level 4", "after"): (87, 12_006),
    ("disgust", "after"): (75, 24_075),
    ("happiness", "after"): (75, 24_075),
}
"""BioVid: (class, before or after cleaning) → (subjects, frames)."""

WEITZ_FOLDS: tuple[tuple[float, float, float, float, float, float, int], ...] = (
    (0.86, 0.998, 2.08, 0.623, 2.34, 0.537, 2),
    (0.85, 0.998, 2.11, 0.608, 2.17, 0.610, 2),
    (0.85, 0.998, 1.99, 0.637, 2.28, 0.592, 2),
    (0.86, 0.997, 2.18, 0.600, 2.85, 0.562, 2),
    (0.55, 0.999, 1.81, 0.625, 1.58, 0.665, 4),
)
"""Per fold: training loss and accuracy, validation loss and accuracy, test loss and accuracy, epochs."""
WEITZ_MEAN_TEST = (2.24, 0.593)
"""Mean test loss and accuracy over the folds."""

RIEGER_UNITS = ("AU04", "AU06", "AU07", "AU09", "AU10", "AU25", "AU26", "AU27")
RIEGER_F1: Mapping[str, Mapping[str, Numbers]] = {
    "actor-study": {
        "ResNet": (0.68, 0.55, 0.62, 0.48, 0.32, 0.83, 0.60, 0.57),
        "OpenFace": (0.42, 0.47, 0.33, 0.21, 0.19, 0.44, 0.37, None),
    },
    "unbc": {
        "ResNet": (0.19, 0.43, 0.38, 0.09, 0.02, 0.34, 0.03, None),
        "RAN": (0.16, 0.29, 0.01, 0.45, 0.32, None, None, None),
        "IdenNet": (0.10, 0.33, 0.13, None, 0.03, None, None, None),
    },
}
"""Tables 1 and 2: data set → system → F1 per unit of ``RIEGER_UNITS``."""
RIEGER_MU: Mapping[str, Numbers] = {
    "actor-study": (0.50, 0.42, 0.43, 0.36, 0.20, 0.47, 0.49, 0.49),
    "ck-plus": (0.554, 0.475, 0.52, 0.736, 0.516, 0.35, 0.326, 0.341),
    "unbc": (0.50, 0.50, 0.57, 0.69, 0.44, 0.35, 0.20, None),
}
"""Table 3: data set → μ per unit, in that paper's boxes and over whole images."""
RIEGER_MU_COUNT: Mapping[str, tuple[int | None, ...]] = {
    "actor-study": (11249, 6887, 13098, 3363, 3143, 13497, 7537, 1214),
    "ck-plus": (3753, 2174, 2222, 1191, 383, 5358, 882, 1285),
    "unbc": (291, 1740, 1439, 213, 7, 738, 33, None),
}
"""Table 3: data set → correctly predicted frames per unit."""
RIEGER_IMAGES: Mapping[str, int] = {"actor-study": 33_012, "ck-plus": 8_657, "unbc": 9_313}
"""Images after preparation."""
