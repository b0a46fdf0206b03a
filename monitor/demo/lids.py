"""Closing the lids: the skin above the eye is drawn down over it, column by column."""

from __future__ import annotations

import cv2
import numpy as np

from monitor.demo.photograph import Photograph
from monitor.records import F32, F64, U8

_EYES: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((33, 246, 161, 160, 159, 158, 157, 173, 133), (33, 7, 163, 144, 145, 153, 154, 155, 133)),
    ((362, 398, 384, 385, 386, 387, 388, 466, 263), (362, 382, 381, 380, 374, 373, 390, 249, 263)),
)
"""Upper and lower lid line of both eyes, left to right in the picture."""
_SKIN_ABOVE = 5.0
"""How much skin above the lid's edge is stretched, px of the photograph (higher up lies the frame of the glasses)."""
_SKIN_BELOW = 6.0
_LASHES = 1.6
"""Height of the dark edge of the upper lid, px of the photograph."""
FOREHEAD = (225.0, 150.0)
"""Where the skin has the colour that a closed lid shows, px of the photograph."""
_MEETING = 0.78
"""Where the lids meet, from the upper edge (0) to the lower edge (1) of the opening."""


def close_lids(picture: U8, photograph: Photograph, closed: float, *, forehead: tuple[float, float] = FOREHEAD) -> U8:
    """``picture`` (the unwarped photograph, maybe shaded) with the lids closed by the share ``closed``.

    ``forehead`` is where bare skin lies, px of the photograph before its enlargement.
    """
    if closed <= 0.01:
        return picture
    result = picture.copy()
    for upper, lower in _EYES:
        _close_eye(picture, result, photograph, (upper, lower), closed, forehead)
    return result


def _close_eye(
    picture: U8,
    result: U8,
    photograph: Photograph,
    lines: tuple[tuple[int, ...], tuple[int, ...]],
    closed: float,
    forehead: tuple[float, float],
) -> None:
    scale = photograph.scale
    above, below = (np.array([photograph.points[number] for number in line]) for line in lines)
    above[1:-1, 1] -= 0.9 * scale
    columns = np.arange(int(above[0, 0]) - 1, int(above[-1, 0]) + 2)
    top, bottom = _curve(above, columns), _curve(below, columns)
    first = int(top.min() - _SKIN_ABOVE * scale) - 1
    last = int(bottom.max() + _SKIN_BELOW * scale) + 2
    rows = np.arange(first, last, dtype=np.float64)
    meeting = top + (bottom - top) * _MEETING
    look_y = np.empty((rows.size, columns.size), dtype=np.float32)
    lid = np.zeros((rows.size, columns.size), dtype=np.float32)
    for column in range(columns.size):
        t, b, m = top[column], bottom[column], meeting[column]
        half_px = 0.35 * scale if b - t > 1.5 * scale else (b - t) / 2
        upper_edge = t + (m - half_px - t) * closed
        lower_edge = b + (m + half_px - b) * closed
        crease, lashes = t - _SKIN_ABOVE * scale, min(_LASHES * scale, b - t)
        there = [first, crease, upper_edge - 0.5 * lashes, upper_edge, lower_edge + 1e-3, b + _SKIN_BELOW * scale, last]
        here = [first, crease, t - lashes, t, b + 1e-3, b + _SKIN_BELOW * scale, last]
        look_y[:, column] = np.interp(rows, there, here)
        lid[:, column] = np.interp(rows, [crease, t, upper_edge - lashes, upper_edge], [0.0, 1.0, 1.0, 0.0])
    look_x: F32 = np.broadcast_to(columns.astype(np.float32), look_y.shape).copy()
    patch = cv2.remap(picture, look_x, look_y, cv2.INTER_LINEAR).astype(np.float32)
    x, y = (int(value * scale) for value in forehead)
    skin = 0.82 * picture[y - 4 : y + 4, x - 4 : x + 4].mean(axis=(0, 1))
    patch += (skin - patch) * (0.7 * closed * cv2.GaussianBlur(lid, (0, 0), 0.6 * scale))[:, :, None]
    result[first:last, columns[0] : columns[-1] + 1] = np.clip(patch, 0, 255).astype(np.uint8)


def _curve(line: F64, columns: np.ndarray) -> F64:
    order = np.argsort(line[:, 0])
    return np.asarray(np.interp(columns, line[order, 0], line[order, 1]), dtype=np.float64)
