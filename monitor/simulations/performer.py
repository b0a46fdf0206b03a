"""A photograph that performs movements: furrows, lids, warp and open mouth, put together as in the demo."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from monitor.demo.expression import shifted
from monitor.demo.lids import close_lids
from monitor.demo.photograph import POINTS, Photograph
from monitor.demo.shading import Stroke, furrows, paint_mouth
from monitor.demo.warp import backward_field, moving_least_squares
from monitor.records import F32, F64, U8
from monitor.simulations.faces import REFERENCE_EYES_PX
from monitor.simulations.movements import SHIFTS, STROKES, TEETH, Move, Movement

_STEPS = 8
"""Strengths are rounded to this many steps, so that a face that returns is painted once."""
_KEPT, _KEPT_FIELDS = 256, 48
_GRID_PX = 5
_MARGIN = (0.30, 0.45, 0.30, 0.75)
"""Left, above, right, below: how far the warp reaches beyond the face points, in eye distances."""
_FURROW_DEPTH, _FURROW_WIDTH, _FURROW_BANK = 0.6, 1.7, 0.4
"""The demo's furrows are those of an old face: here they are shallower and softer, their banks less bright."""
_BARE_SKIN = (67, 105)
"""Bare forehead lies between these points."""
Key = tuple[tuple[Move, int], ...]


class Performer:
    """Paints ``photograph`` with any movement. ``own_mouth``: the mouth is open in it already, none is painted."""

    def __init__(self, photograph: Photograph, *, own_mouth: bool = False) -> None:
        self._photograph = photograph
        self._own_mouth = own_mouth
        self._numbers = sorted(photograph.points)
        self._before = np.array([photograph.points[number] for number in self._numbers])
        self._furrows = {move: self._drawn(strokes) for move, strokes in STROKES.items()}
        scale = photograph.scale
        self._forehead = tuple((photograph.points[_BARE_SKIN[0]] + photograph.points[_BARE_SKIN[1]]) / 2 / scale)
        self._box = _box(self._before, REFERENCE_EYES_PX * scale, photograph.pixels.shape[:2])
        self._painted = lru_cache(maxsize=_KEPT)(self._paint)
        self._warped = lru_cache(maxsize=_KEPT_FIELDS)(self._field)

    def picture(self, movement: Movement) -> U8:
        """(H, W, 3) BGR, the canvas with ``movement`` on the face. Not to be written into."""
        steps = {move: round(_STEPS * min(1.2, max(0.0, strength))) for move, strength in movement.items()}
        return self._painted(tuple(sorted((move, step) for move, step in steps.items() if step > 0)))

    def _paint(self, key: Key) -> U8:
        strength = {move: step / _STEPS for move, step in key}
        skin = self._photograph.pixels
        folds = [value * self._furrows[move] for move, value in strength.items() if move in self._furrows]
        if folds:
            skin = np.clip(skin * (1.0 + np.sum(folds, axis=0))[:, :, None], 0, 255).astype(np.uint8)
        lids = min(1.0, strength.pop(Move.LIDS, 0.0))
        skin = close_lids(skin, self._photograph, lids, forehead=(self._forehead[0], self._forehead[1])).copy()
        if not strength:
            return skin
        x, y, width, height = self._box
        look, moved = self._warped(tuple((move, step) for move, step in key if move is not Move.LIDS))
        warped = cv2.remap(skin, look[:, :, 0], look[:, :, 1], cv2.INTER_LINEAR)
        if not self._own_mouth:
            inside = {number: place - [x, y] for number, place in moved.items()}
            warped = np.ascontiguousarray(warped)
            paint_mouth(warped, inside, scale=self._photograph.scale, teeth=_teeth(strength))
        skin[y : y + height, x : x + width] = warped
        return skin

    def _field(self, key: Key) -> tuple[F32, dict[int, F64]]:
        """Where each pixel of the face's box looks (h, w, 2), and the moved points."""
        photograph = self._photograph
        moves = [(step / _STEPS, SHIFTS[move]) for move, step in key]
        moved = shifted(photograph.points, photograph.scale, moves)
        after = np.array([moved[number] for number in self._numbers])
        x, y, width, height = self._box
        field = backward_field(self._before, after, box=self._box, step_px=_GRID_PX, fade_px=16.0 * photograph.scale)
        columns, rows = np.meshgrid(
            np.arange(x, x + width, dtype=np.float32), np.arange(y, y + height, dtype=np.float32)
        )
        return field + np.stack([columns, rows], axis=2), moved

    def _drawn(self, strokes: tuple[Stroke, ...]) -> F32:
        """The furrows, carried from the demo's photograph to this face by the points both have."""
        reference = np.array([POINTS[number] for number in self._numbers], dtype=np.float64)
        scale = self._photograph.scale
        carried: list[Stroke] = []
        for depth, width_px, line in strokes:
            here = moving_least_squares(np.array(line, dtype=np.float64), reference, self._before) / scale
            carried.append(
                (_FURROW_DEPTH * depth, _FURROW_WIDTH * width_px, tuple((float(x), float(y)) for x, y in here))
            )
        drawn = furrows(self._photograph, carried)
        return np.where(drawn > 0, _FURROW_BANK * drawn, drawn)


def _teeth(strength: Movement) -> float:
    showing = {move: value for move, value in strength.items() if move in TEETH}
    total = sum(showing.values())
    return sum(TEETH[move] * value for move, value in showing.items()) / total if total > 0 else 0.3


def _box(points: F64, unit_px: float, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """x, y, w, h of what the warp may change, inside a picture of ``shape`` (rows, columns)."""
    left, above, right, below = (share * unit_px for share in _MARGIN)
    low = np.maximum(points.min(axis=0) - np.array([left, above]), 0).astype(int)
    high = np.minimum(points.max(axis=0) + np.array([right, below]), [shape[1], shape[0]]).astype(int)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])
