"""Skin tone measured in a colour picture: the individual typology angle (Chardon, Cretois & Hourseau 1991)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

CHEEKS = (50, 280)
"""MediaPipe landmarks in the middle of either cheek."""
REACH_PX = 4
BANDS = (
    ("very light", 55.0, float("inf")),
    ("light", 41.0, 55.0),
    ("intermediate", 28.0, 41.0),
    ("tan", 10.0, 28.0),
    ("brown", -30.0, 10.0),
    ("dark", -float("inf"), -30.0),
)
"""Name, lowest and highest angle in degrees of the usual six groups (Del Bino & Bernerd 2013)."""


def typology_angle(crop: NDArray[np.uint8], landmarks: NDArray[np.float32]) -> float:
    """Angle in degrees of the cheeks' median colour in an aligned (S, S, 3) BGR ``crop``; NaN for a grey one.

    ``landmarks`` (478, 2) in its px. arctan((L* − 50) / b*): the higher, the lighter the skin. The light and the camera
    are not known, so that a person's group may be off by one.
    """
    if crop.ndim != 3:
        return float("nan")
    patches = []
    for index in CHEEKS:
        x, y = (int(value) for value in np.clip(np.round(landmarks[index]), REACH_PX, len(crop) - 1 - REACH_PX))
        patch = crop[y - REACH_PX : y + REACH_PX + 1, x - REACH_PX : x + REACH_PX + 1]
        patches.append(patch.reshape(-1, 3))
    colour = np.median(np.concatenate(patches), axis=0).astype(np.float32)[None, None] / 255.0
    if np.ptp(colour) == 0:
        return float("nan")
    lightness, _, yellow = cv2.cvtColor(colour, cv2.COLOR_BGR2Lab)[0, 0]
    return float(np.degrees(np.arctan2(lightness - 50.0, max(float(yellow), 1e-3))))
