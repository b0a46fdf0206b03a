"""What a score does when part of the face is covered with the face's own skin colour (Arbabzadah et al. 2016, fig. 7).

Skin colour rather than black or grey, so that no strong unnatural edge appears; the cover's rim is softened.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from models.action_units import ActionUnit
from models.lrp.mu import Mask
from models.regions import region_mask, region_outlines, visibility_region_mask

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]

PARTS = ("nothing", "mouth", "right eye", "both eyes")
"""What is covered; right and left are the person's."""
_EYE_SPREAD = 0.045
"""How far beyond the lids an eye's cover reaches, in shares of the crop's side."""
_RIM = 0.012
"""Softening of the rim, in shares of the crop's side."""


def skin_colour(crop: U8, landmarks: F32) -> tuple[float, float, float]:
    """Median BGR of the cheeks (AU6's region without lids) of an (S, S, 3) crop with (478, 2) landmarks in crop px."""
    cheeks = region_mask(ActionUnit.AU06, landmarks, len(crop)) & ~region_mask(ActionUnit.AU07, landmarks, len(crop))
    chosen = crop[cheeks] if cheeks.any() else crop.reshape(-1, 3)
    blue, green, red = np.median(chosen, axis=0)
    return float(blue), float(green), float(red)


def part_mask(part: str, landmarks: F32, size: int) -> Mask:
    """(size, size) bool of one of ``PARTS``; ValueError for another."""
    if part == "nothing":
        return np.zeros((size, size), np.bool_)
    if part == "mouth":
        return visibility_region_mask("mouth", landmarks, size)
    if part not in PARTS:
        raise ValueError(f"no part {part!r}, only {', '.join(PARTS)}")
    eyes = region_mask(ActionUnit.AU07, landmarks, size)
    if part == "right eye":  # the person's right lies on the picture's left, whichever way the head is turned
        lids = region_outlines(ActionUnit.AU07, landmarks)
        middle = float(np.mean([outline[:, 0].mean() for outline in lids]))
        eyes = eyes & (np.arange(size) < middle)[None, :]
    reach = max(1, round(_EYE_SPREAD * size))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(eyes.astype(np.uint8), kernel), np.bool_)


def covered(crop: U8, landmarks: F32, part: str) -> U8:
    """A copy of the (S, S, 3) crop with ``part`` painted in the face's skin colour."""
    size = len(crop)
    mask = part_mask(part, landmarks, size)
    if not mask.any():
        return crop.copy()
    soft = np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), max(0.5, _RIM * size)), np.float32)
    share = np.maximum(soft, mask)[..., None]  # the part itself is covered whole, the rim falls off outside
    colour = np.asarray(skin_colour(crop, landmarks), np.float32)
    return np.asarray(np.rint(crop * (1 - share) + colour * share), np.uint8)


def all_covered(crop: U8, landmarks: F32) -> Mapping[str, U8]:
    """The crop under each of ``PARTS``."""
    return {part: covered(crop, landmarks, part) for part in PARTS}
