"""Action Units on a calm stand-in face: where skin moves, folds, lids and lips go. Fast, and exact about the labels.

The skin follows the handles that training's warps use (``models.training.warps.HANDLES``), here as ready-made fields
that are only added up for a frame; lids and lips are moved along columns before, since no smooth field parts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.stand_in_drawing import stroke
from models.datasets.stand_in_mesh import LIDS, LOWER_SEAM, UPPER_SEAM
from models.training.warps import HANDLES, Handle

F32 = NDArray[np.float32]

UNITS = (
    "AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU09", "AU10", "AU12", "AU14", "AU15", "AU20", "AU25", "AU26",
    "AU27", "AU43",
)  # fmt: skip
"""Every movement a stand-in can make, the order of ``strength`` arrays; 0–5, AU43 0–1."""
MOVED: Mapping[str, tuple[Handle, ...]] = {
    **HANDLES,
    "AU14": (Handle(61, 291, -0.06, -0.01, 0.12), Handle(57, 287, -0.08, -0.02, 0.10)),
    "AU05": (Handle(159, 386, 0.0, -0.04, 0.10),),
}
FOLDING = ("AU04", "AU06", "AU07", "AU09", "AU10", "AU12", "AU14")
"""Units that leave furrows."""
FOLD_DEPTH: Mapping[str, float] = {"AU10": 0.7, "AU12": 0.45}
"""How deep their folds are where not full: a smile is told by the mouth, not by the folds beside it."""
UPPER_LIP = ("AU09", "AU10")
"""Units that lift the upper lip and leave the lower one where it is."""
GRID = 48
"""Side of the fields; they are smooth, and enlarged to the picture."""


@dataclass(frozen=True, slots=True)
class Muscles:
    """A person's ready-made fields: ``fields`` (U, GRID, GRID, 2) picture px at intensity 5, ``folds`` (F, P, P)."""

    fields: F32
    folds: F32
    iod: float


def muscles_of(points: F32, picture_px: int) -> Muscles:
    """The fields of a calm face with (478, 2) ``points`` in a picture of side ``picture_px``."""
    iod = iod_of(points)
    scale = picture_px / GRID
    places = (np.arange(GRID, dtype=np.float32) + 0.5) * scale - 0.5
    fields = np.zeros((len(UNITS), GRID, GRID, 2), np.float32)
    for number, unit in enumerate(UNITS):
        for handle in MOVED.get(unit, ()):
            for index, side in ((handle.right, -1.0), (handle.left, 1.0)):
                across, down = (np.exp(-0.5 * ((places - at) / (handle.reach * iod)) ** 2) for at in points[index])
                pull = iod * np.array([handle.outward * side, handle.down], np.float32)
                fields[number] += np.outer(down, across)[..., None] * pull
    below = np.clip((places - float(points[13, 1])) / (0.10 * iod), 0, 1)
    for unit in UPPER_LIP:
        fields[UNITS.index(unit)] *= (1.0 - 0.85 * below)[:, None, None]
    return Muscles(fields, _folds(points, picture_px, iod), iod)


def iod_of(points: F32) -> float:
    """Interocular distance of (478, 2) points, in their unit."""
    return float(np.linalg.norm(points[[263, 362]].mean(axis=0) - points[[33, 133]].mean(axis=0)))


@dataclass(frozen=True, slots=True)
class Moved:
    """A calm picture's new shape: ``source`` (P, P, 2) where each pixel comes from, ``mouth`` (P, P) share of it that
    is the open mouth, ``depth`` (P, P) how far below the upper lip (IODs), ``shade`` (P, P) factor of the calm skin,
    ``points`` (478, 2) where the face's points went."""

    source: F32
    mouth: F32
    depth: F32
    shade: F32
    points: F32


def move(muscles: Muscles, points: F32, strength: F32, picture_px: int, *, tilt: float = 0.0) -> Moved:
    """The calm face's movement under ``strength`` (in the order of ``UNITS``); ``tilt`` makes one side the stronger."""
    level = np.asarray(strength, np.float32) / 5.0
    coarse = np.tensordot(level, muscles.fields, axes=1).astype(np.float32)
    coarse *= (1.0 + tilt * np.linspace(1, -1, GRID, dtype=np.float32))[None, :, None]
    field = np.asarray(cv2.resize(coarse, (picture_px, picture_px), interpolation=cv2.INTER_CUBIC), np.float32)
    x, y = (axis.astype(np.float32) for axis in np.meshgrid(np.arange(picture_px), np.arange(picture_px)))
    from_x, from_y = x, y
    for _ in range(3):
        at = cv2.remap(field, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        from_x, from_y = x - at[..., 0], y - at[..., 1]
    mouth, depth, from_y, placed = _part(points, level, muscles.iod, from_x, from_y)
    from_y, placed = _lid(points, level, muscles.iod, from_x, from_y, placed)
    where = np.clip(placed, 0, picture_px - 1).astype(np.float32)
    pulled = cv2.remap(field, where[:, None, 0], where[:, None, 1], cv2.INTER_LINEAR)[:, 0]
    shade = 1.0 - 0.62 * np.tensordot(level[[UNITS.index(unit) for unit in FOLDING]], muscles.folds, axes=1)
    source = np.stack([from_x, from_y], axis=-1).astype(np.float32)
    return Moved(source, mouth, depth, np.asarray(shade, np.float32), np.asarray(placed + pulled, np.float32))


def lip_gap(strength: F32) -> float:
    """How far the lips are apart, in IODs, under ``strength`` (order of ``UNITS``); AU25 least, AU27 most."""
    part, drop, stretch = (float(strength[UNITS.index(unit)]) / 5.0 for unit in ("AU25", "AU26", "AU27"))
    return 0.14 * part + 0.30 * drop + 0.55 * stretch


def _part(points: F32, level: F32, iod: float, from_x: F32, from_y: F32) -> tuple[F32, F32, F32, F32]:
    gap = lip_gap(level * 5.0)
    placed = points.copy()
    if gap <= 0.005:
        return np.zeros_like(from_x), np.zeros_like(from_x), from_y, placed
    seam_line = (points[list(UPPER_SEAM)] + points[list(LOWER_SEAM)]) / 2
    middle, half = float(seam_line[5, 0]), float(seam_line[-1, 0] - seam_line[0, 0]) / 2
    bottom = float(points[152, 1])

    def seam(x: F32) -> F32:
        return np.interp(x, seam_line[:, 0], seam_line[:, 1]).astype(np.float32)

    def rise(x: F32, y: F32) -> F32:
        above = np.clip((seam(x) - y) / (0.30 * iod), 0, 1)
        return np.asarray(0.2 * gap * iod * np.clip(1 - ((x - middle) / half) ** 2, 0, 1) * (1 - above), np.float32)

    def drop(x: F32, y: F32) -> F32:
        below = np.maximum(y - seam(x), 0)
        reach = half + 0.9 * below
        beyond = np.clip(1 - (y - bottom) / (0.45 * iod), 0, 1)
        return np.asarray(0.8 * gap * iod * np.clip(1 - ((x - middle) / reach) ** 2, 0, 1) * beyond, np.float32)

    upper, lower = from_y.copy(), from_y.copy()
    for _ in range(4):
        upper, lower = from_y + rise(from_x, upper), from_y - drop(from_x, np.maximum(lower, seam(from_x)))
    line = seam(from_x)
    inside = (from_x > middle - half) & (from_x < middle + half)
    above = upper <= line
    hole = np.clip(np.minimum(upper - line, line - lower) + 0.5, 0, 1) * inside
    depth = np.where(hole > 0, (upper - line) / iod, 0).astype(np.float32)
    at_x, at_y = points[:, 0], points[:, 1]
    falls = np.zeros(len(points), bool)
    falls[list(LOWER_SEAM[1:-1])] = True
    lifted = np.zeros(len(points), bool)
    lifted[list(UPPER_SEAM[1:-1])] = True
    falls |= (at_y > seam(at_x)) & ~lifted
    placed[:, 1] += np.where(falls, drop(at_x, np.maximum(at_y, seam(at_x))), -rise(at_x, np.minimum(at_y, seam(at_x))))
    return (
        np.asarray(hole, np.float32),
        depth,
        np.where(above, upper, np.maximum(lower, line)).astype(np.float32),
        placed,
    )


def _lid(points: F32, level: F32, iod: float, from_x: F32, from_y: F32, placed: F32) -> tuple[F32, F32]:
    wide, cheek, squeeze, shut = (float(level[UNITS.index(unit)]) for unit in ("AU05", "AU06", "AU07", "AU43"))
    shut = min(1.0, shut * 5.0)
    fall = min(0.84, (0.26 * squeeze - 0.45 * wide) * (1 - shut) + 0.84 * shut)
    rise = min(0.97 - fall, (0.36 * squeeze + 0.16 * cheek) * (1 - shut) + 0.13 * shut)
    if abs(fall) + rise <= 0.003:
        return from_y, placed
    moved_y, new = from_y.copy(), placed.copy()
    for upper, lower in LIDS:
        left, right = float(points[upper[0], 0]), float(points[upper[-1], 0])

        def lines(x: F32, upper: tuple[int, ...] = upper, lower: tuple[int, ...] = lower) -> tuple[F32, F32]:
            top = np.interp(x, points[list(upper), 0], points[list(upper), 1])
            bottom = np.interp(x, points[list(lower), 0], points[list(lower), 1])
            return np.asarray(top, np.float32), np.maximum(bottom, top).astype(np.float32)

        inside = (from_x > left) & (from_x < right)
        top, bottom = lines(from_x)
        high, low = top - 0.16 * iod, bottom + 0.16 * iod
        opening = bottom - top
        edge, floor = top + fall * opening, bottom - rise * opening
        stretched = top + (from_y - edge) * opening / np.maximum(floor - edge, 1e-3)
        lid = inside & (from_y > high) & (from_y < edge)
        cheek_side = inside & (from_y > floor) & (from_y < low)
        eye = inside & (from_y >= edge) & (from_y <= floor) & (fall < 0)
        moved_y = np.where(lid, high + (from_y - high) * (top - high) / np.maximum(edge - high, 1e-3), moved_y)
        moved_y = np.where(cheek_side, low - (low - from_y) * (low - bottom) / np.maximum(low - floor, 1e-3), moved_y)
        moved_y = np.where(eye, stretched, moved_y)
        x, y = points[:468, 0], points[:468, 1]
        top, bottom = lines(x)
        opening, high, low = bottom - top, top - 0.16 * iod, bottom + 0.16 * iod
        over = (x > left) & (x < right) & (y > high) & (y < (top + bottom) / 2)
        under = (x > left) & (x < right) & (y < low) & (y >= (top + bottom) / 2)
        new[:468, 1] += np.where(over, fall * opening * np.clip((y - high) / (0.16 * iod), 0, 1), 0)
        new[:468, 1] -= np.where(under, rise * opening * np.clip((low - y) / (0.16 * iod), 0, 1), 0)
    return moved_y.astype(np.float32), new


def _folds(points: F32, picture_px: int, iod: float) -> F32:
    """(F, P, P) darkness of each unit's furrows at intensity 5."""
    zoom = 2
    lines = fold_lines(points * zoom + (zoom - 1) / 2, iod * zoom)
    folds = np.zeros((len(FOLDING), picture_px, picture_px), np.float32)
    for number, unit in enumerate(FOLDING):
        canvas = np.zeros((picture_px * zoom,) * 2, np.float32)
        for line in lines[unit]:
            stroke(canvas, line, 1.0, iod * zoom * 0.03)
        narrow, wide = (cv2.GaussianBlur(canvas, (0, 0), iod * zoom * sigma) for sigma in (0.018, 0.06))
        folds[number] = FOLD_DEPTH.get(unit, 1.0) * cv2.resize(
            narrow - 0.8 * wide, (picture_px, picture_px), interpolation=cv2.INTER_AREA
        )
    return folds


def fold_lines(points: F32, iod: float) -> dict[str, list[F32]]:
    """Per unit of ``FOLDING`` the lines along which the skin folds, in px of (478, 2) ``points``."""
    lines: dict[str, list[F32]] = {unit: [] for unit in FOLDING}
    sides = ((55, 33, 129, 61, 145, -1.0), (285, 263, 358, 291, 374, 1.0))
    for brow, canthus, wing, corner, lid, side in sides:

        def at(index: int, out: float, low: float, side: float = side) -> F32:
            return np.asarray(points[index] + iod * np.array([out * side, low]), np.float32)

        lines["AU04"].append(np.stack([at(brow, -0.06, -0.20), at(brow, -0.07, -0.03), at(brow, -0.03, 0.12)]))
        lines["AU06"] += [
            np.stack([at(canthus, 0.05, 0.4 * low), at(canthus, 0.22, low)]) for low in (-0.07, 0.02, 0.11)
        ]
        lines["AU06"].append(np.stack([at(lid, -0.22, 0.17), at(lid, 0.0, 0.20), at(lid, 0.24, 0.13)]))
        lines["AU07"].append(np.stack([at(lid, -0.18, 0.07), at(lid, 0.0, 0.10), at(lid, 0.20, 0.06)]))
        lines["AU09"].append(np.stack([at(wing, -0.14, -0.50), at(wing, -0.10, -0.30), at(wing, 0.02, -0.08)]))
        fold = np.stack([at(wing, 0.04, -0.05), (at(wing, 0.14, 0) + at(corner, 0.14, 0)) / 2, at(corner, 0.12, 0)])
        lines["AU10"].append(fold)
        lines["AU12"].append(fold + np.array([0.0, 0.02 * iod], np.float32))
        lines["AU14"].append(np.stack([at(corner, 0.09, -0.10), at(corner, 0.13, 0.0), at(corner, 0.09, 0.10)]))
    for low in (-0.06, 0.03, 0.12):
        root = points[6] + np.array([0.0, low * iod])
        lines["AU09"].append(np.asarray(root + iod * np.array([[-0.11, 0.0], [0.0, 0.02], [0.11, 0.0]]), np.float32))
    return lines
