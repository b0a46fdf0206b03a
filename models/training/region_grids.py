"""Regions of many faces at once on a coarse grid, bit-packed: small enough to travel with the training data."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.action_units import ActionUnit
from models.preprocess import CROP_PX
from models.regions import hull_mask, region_mask
from models.spec import AUS

GRID = 28
"""Cells a side; a cell is 4 px of a 112 px crop."""
Masks = NDArray[np.bool_]
Packed = NDArray[np.uint8]


def region_masks_of(
    landmarks: NDArray[np.float32], units: Sequence[str] = AUS, *, size: int = CROP_PX, cache: Path | None = None
) -> Masks:
    """(N, 478, 2) landmarks in px of crops of side ``size`` → (N, U + 1, 28, 28) bool: a region per AU, then the hull.

    A face without landmarks (NaN) gets empty masks. About a millisecond a face; with ``cache`` the masks are kept
    in that file and made anew only when landmarks or units differ.
    """
    points = np.asarray(landmarks, dtype=np.float32)
    mark = hashlib.sha256(f"{','.join(units)} {size} {points.shape} ".encode() + points.tobytes()).hexdigest()
    if cache is not None and cache.is_file():
        with np.load(cache, allow_pickle=False) as kept:
            if str(kept["mark"]) == mark:
                return unpacked(kept["masks"])
    masks = np.zeros((len(points), len(units) + 1, GRID, GRID), bool)
    for face in np.flatnonzero(np.isfinite(points).all(axis=(1, 2))):
        for column, unit in enumerate(units):
            masks[face, column] = _coarse(region_mask(ActionUnit(unit), points[face], size))
        masks[face, -1] = _coarse(hull_mask(points[face], size))
    if cache is not None:
        partial = cache.with_suffix(".partial.npz")
        np.savez(partial, mark=mark, masks=packed(masks))
        partial.replace(cache)
    return masks


def _coarse(mask: Masks) -> Masks:
    """Cells of which the fine mask covers half."""
    share = cv2.resize(mask.view(np.uint8) * np.uint8(255), (GRID, GRID), interpolation=cv2.INTER_AREA)
    return np.asarray(share >= 128, dtype=bool)


def packed(masks: Masks) -> Packed:
    """(..., 28, 28) bool → (..., 98) uint8, eight cells a byte."""
    return np.packbits(masks.reshape(*masks.shape[:-2], GRID * GRID), axis=-1)


def unpacked(bits: Packed) -> Masks:
    """Inverse of ``packed``."""
    return np.unpackbits(bits, axis=-1, count=GRID * GRID).astype(bool).reshape(*bits.shape[:-1], GRID, GRID)
