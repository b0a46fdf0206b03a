"""The photograph, acting: an expression, a turn of the head and a blanket give one picture of the person."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from monitor.demo.expression import Expression, moved_points
from monitor.demo.lids import close_lids
from monitor.demo.photograph import Photograph
from monitor.demo.shading import GRIMACE_STROKES, LAUGH_STROKES, furrows, paint_mouth
from monitor.demo.turning import turn_head
from monitor.demo.warp import backward_field
from monitor.records import F32, F64, U8

_STEPS = 24
"""Expressions are rounded to this many steps, so that a held face is computed once."""
_FACE_BOX = (150, 120, 228, 262)
"""What the warp may change: x, y, w, h in px of the photograph."""


class Actor:
    """Draws the person of ``photograph``; pictures are in px of that enlargement, BGR."""

    def __init__(self, photograph: Photograph) -> None:
        self._photograph = photograph
        self._furrows = (furrows(photograph, GRIMACE_STROKES), furrows(photograph, LAUGH_STROKES))
        self._numbers = sorted(photograph.points)
        self._before = np.array([photograph.points[number] for number in self._numbers])
        x, y, width, height = (round(value * photograph.scale) for value in _FACE_BOX)
        self._box = (x, y, width, height)
        self._posed = lru_cache(maxsize=64)(self._pose)
        self._warped = lru_cache(maxsize=512)(self._warp)

    def picture(self, expression: Expression, *, yaw_deg: float = 0.0) -> U8:
        """The person with ``expression``, the head turned by ``yaw_deg``."""
        return self._posed(expression.rounded(_STEPS), 2.0 * round(yaw_deg / 2.0))

    def _pose(self, expression: Expression, yaw_deg: float) -> U8:
        return turn_head(self._express(expression), self._photograph, yaw_deg)

    def _express(self, expression: Expression) -> U8:
        grimace, laugh = self._furrows
        shade = 1.0 + expression.grimace * grimace + expression.laugh * laugh
        skin = np.clip(self._photograph.pixels * shade[:, :, None], 0, 255).astype(np.uint8)
        skin = close_lids(skin, self._photograph, expression.lids)
        x, y, width, height = self._box
        look, moved = self._warped(expression.grimace, expression.laugh)
        skin[y : y + height, x : x + width] = cv2.remap(skin, look[:, :, 0], look[:, :, 1], cv2.INTER_CUBIC)
        both = expression.grimace + expression.laugh
        teeth = (0.85 * expression.grimace + 0.55 * expression.laugh) / both if both > 0 else 0.0
        inside = {number: place - [x, y] for number, place in moved.items()}
        paint_mouth(skin[y : y + height, x : x + width], inside, scale=self._photograph.scale, teeth=teeth)
        return skin

    def _warp(self, grimace: float, laugh: float) -> tuple[F32, dict[int, F64]]:
        """Where each pixel of the face's box looks (h, w, 2), and the moved points."""
        photograph = self._photograph
        moved = moved_points(photograph.points, photograph.scale, grimace=grimace, laugh=laugh)
        after = np.array([moved[number] for number in self._numbers])
        x, y, width, height = self._box
        field = backward_field(
            self._before,
            after,
            box=self._box,
            step_px=max(2, round(2.7 * photograph.scale)),
            fade_px=16.0 * photograph.scale,
        )
        columns, rows = np.meshgrid(
            np.arange(x, x + width, dtype=np.float32), np.arange(y, y + height, dtype=np.float32)
        )
        return field + np.stack([columns, rows], axis=2), moved
