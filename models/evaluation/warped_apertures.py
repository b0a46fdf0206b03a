"""What a smooth field cannot do to a picture: stretch lids over the eyes and part the lips along their seam."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.preprocess import LEFT_EYE, RIGHT_EYE

F32 = NDArray[np.float32]
EYES = (
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133)),
    ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263)),
)
"""Upper and lower lid line of either eye, left to right in the picture."""
UPPER_SEAM = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_SEAM = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
_LID_IOD, _CHEEK_IOD = 0.12, 0.18
"""How far above and below the eye the skin is stretched, in IODs."""
_STEPS = 5


@dataclass(frozen=True, slots=True)
class Parted:
    """Drop of the jaw in IODs (``gap``); height of the teeth in tenths of an IOD (≤ 0: none); darkness of the mouth."""

    gap: float
    teeth: float
    mouth: float


def iod_of(points: F32) -> float:
    """Interocular distance of (478, 2) ``points``."""
    return float(np.linalg.norm(points[list(LEFT_EYE)].mean(axis=0) - points[list(RIGHT_EYE)].mean(axis=0)))


def close_lids(picture: NDArray[np.uint8], points: F32, *, fall: float, rise: float) -> NDArray[np.uint8]:
    """(S, S) ``picture`` whose upper lids fall and lower lids rise by these shares of the opening."""
    fall = min(fall, 0.95)
    rise = min(rise, 0.98 - fall) if fall < 0.6 else 0.98 - fall
    if fall <= 0 and rise <= 0:
        return picture
    size, iod = picture.shape[0], iod_of(points)
    x, y = (axis.astype(np.float32) for axis in np.meshgrid(np.arange(size), np.arange(size)))
    source = y.copy()
    columns = np.arange(size)
    for upper, lower in EYES:
        top = np.interp(columns, points[list(upper), 0], points[list(upper), 1])
        bottom = np.interp(columns, points[list(lower), 0], points[list(lower), 1])
        inside = (columns >= points[upper[0], 0]) & (columns <= points[upper[-1], 0])
        opening = np.where(inside, np.maximum(bottom - top, 0), 0)
        new_top, new_bottom = top + fall * opening, bottom - rise * opening
        above, below = top - _LID_IOD * iod, bottom + _CHEEK_IOD * iod
        lid = inside & (y > above) & (y < new_top)
        source = np.where(lid, above + (y - above) * (top - above) / (new_top - above), source)
        cheek = inside & (y > new_bottom) & (y < below)
        source = np.where(cheek, below - (below - y) * (below - bottom) / (below - new_bottom), source)
    return np.asarray(cv2.remap(picture, x, source.astype(np.float32), cv2.INTER_LINEAR), dtype=np.uint8)


def part_lips(picture: NDArray[np.uint8], points: F32, total: F32, lips: F32, parted: Parted) -> tuple[F32, float]:
    """(S, S) ``picture`` moved by the field ``total`` (S, S, 2), mouth open, and the lips' gap in IODs.

    The lower lip does not follow ``lips``, a part of ``total``; it follows the jaw.
    """
    size, iod = picture.shape[0], iod_of(points)
    x, y = (axis.astype(np.float32) for axis in np.meshgrid(np.arange(size), np.arange(size)))
    line = (points[list(UPPER_SEAM)] + points[list(LOWER_SEAM)]) / 2
    seam = np.interp(np.arange(size), line[:, 0], line[:, 1]).astype(np.float32)
    middle, half = float(line[5, 0]), max(float(line[-1, 0] - line[0, 0]) / 2, 1.0)
    aside = np.abs(x - middle)
    lip = np.clip(1 - (aside / half) ** 2, 0, 1)
    reach = half * 1.02 + 0.9 * np.maximum(y - seam, 0)
    jaw = np.where(y >= seam - 1, np.clip(1 - (aside / reach) ** 2, 0, 1), 0) * parted.gap * iod
    lower = total - lips * lip[..., None]
    lower[..., 1] += jaw
    upper_x, upper_y = _backwards(total, x, y)
    lower_x, lower_y = _backwards(lower, x, y)
    under_upper = upper_y - _seam_at(seam, upper_x)
    under_lower = lower_y - _seam_at(seam, lower_x)
    from_upper = cv2.remap(picture, upper_x, upper_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    from_lower = cv2.remap(picture, lower_x, lower_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    skin = float(np.median(picture[picture > 0])) if (picture > 0).any() else 128.0
    inside = np.full(picture.shape, skin * parted.mouth, np.float32)
    inside[under_upper < parted.teeth * 0.1 * iod] = min(225.0, 1.1 * skin)
    inside = cv2.GaussianBlur(inside, (0, 0), 1.0)
    within = (upper_x > line[0, 0]) & (upper_x < line[-1, 0])
    hole = (under_upper >= 0) & (under_lower < 0) & within
    moved = np.where(under_upper < 0, from_upper, np.where(hole, inside, from_lower)).astype(np.float32)
    central = slice(max(0, round(middle - half / 2)), max(1, round(middle + half / 2) + 1))
    return moved, float(hole[:, central].sum(axis=0).max()) / iod


def _backwards(field: F32, x: F32, y: F32) -> tuple[F32, F32]:
    """Where each pixel comes from: the fixed point of source = place - field(source)."""
    from_x, from_y = x, y
    for _ in range(_STEPS):
        at = cv2.remap(field, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        from_x, from_y = x - at[..., 0], y - at[..., 1]
    return from_x, from_y


def _seam_at(seam: F32, x: F32) -> F32:
    return np.asarray(np.interp(x, np.arange(len(seam)), seam), dtype=np.float32)
