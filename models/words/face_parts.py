"""The parts of a face that a sentence may name: disjoint, so that their shares of the evidence add up to one."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from models.action_units import ActionUnit
from models.preprocess import LEFT_EYE, RIGHT_EYE
from models.regions import hull_mask, region_mask, visibility_region_mask

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]


class FacePart(StrEnum):
    """A part that people have a word for; the last one is everything around the face."""

    EYES = "eyes"
    MOUTH = "mouth"
    BROWS = "brows"
    NOSE = "nose"
    CHIN = "chin"
    FOREHEAD = "forehead"
    CHEEKS = "cheeks"
    OUTSIDE = "outside"


def face_parts(landmarks: F32, size: int) -> Mapping[FacePart, Mask]:
    """Every part's (size, size) bool mask from (478, 2) landmarks in crop px: each pixel is in exactly one.

    Where regions of the anatomy overlap, the smaller one takes the pixel: lids before mouth before brows before nose
    before chin; what is left of the face is forehead above the eyes and cheeks below.
    """
    face = hull_mask(landmarks, size)
    claims: Mapping[FacePart, Mask] = {
        FacePart.EYES: region_mask(ActionUnit.AU07, landmarks, size),
        FacePart.MOUTH: _any(ActionUnit.AU25, ActionUnit.AU14, landmarks=landmarks, size=size),
        FacePart.BROWS: region_mask(ActionUnit.AU04, landmarks, size),
        FacePart.NOSE: region_mask(ActionUnit.AU09, landmarks, size) | visibility_region_mask("nose", landmarks, size),
        FacePart.CHIN: region_mask(ActionUnit.AU26, landmarks, size),
    }
    level = float(np.asarray(landmarks, np.float64)[[*RIGHT_EYE, *LEFT_EYE], 1].mean())
    upper = np.broadcast_to((np.arange(size) < level)[:, None], (size, size))
    parts: dict[FacePart, Mask] = {}
    free = face.copy()
    for part, claim in claims.items():
        parts[part] = claim & free
        free &= ~claim
    parts[FacePart.FOREHEAD], parts[FacePart.CHEEKS] = free & upper, free & ~upper
    parts[FacePart.OUTSIDE] = ~face
    return parts


def _any(*units: ActionUnit, landmarks: F32, size: int) -> Mask:
    mask = np.zeros((size, size), np.bool_)
    for unit in units:
        mask |= region_mask(unit, landmarks, size)
    return mask
