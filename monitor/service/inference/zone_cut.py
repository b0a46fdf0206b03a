"""The part of a picture that a bed's finder gets to see: its zone and a margin, set upright. Pure.

What lies outside is not looked at at all: other people's faces are neither followed nor paid for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from monitor.face.settings import Zone
from monitor.records import U8

MARGIN = 0.2
"""Share of the picture's width and height that is seen around a zone: a face may reach over its border."""
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True, slots=True)
class ZoneCut:
    """``zone`` is in shares of the turned picture, as a bed's settings have it; None: the whole picture."""

    zone: Zone | None
    rotate_deg: int

    def pixels(self, picture: U8) -> U8:
        """(H, W, 3) as the camera gave it → what is looked at, turned clockwise by ``rotate_deg``, contiguous."""
        turned = picture if self.rotate_deg == 0 else np.asarray(cv2.rotate(picture, _TURNS[self.rotate_deg]), np.uint8)
        if self.zone is None:
            return np.ascontiguousarray(turned)
        height, width = turned.shape[:2]
        left, top, right, bottom = _span(self.zone, width, height)
        return np.ascontiguousarray(turned[top:bottom, left:right])

    def within(self, zone: Zone, picture: U8) -> Zone | None:
        """``zone`` of the turned picture in shares of what ``pixels`` gives; None when nothing of it is seen."""
        if self.zone is None:
            return zone
        height, width = picture.shape[:2] if self.rotate_deg in (0, 180) else picture.shape[1::-1]
        left, top, right, bottom = _span(self.zone, width, height)
        x, y, w, h = zone
        x, w = _clipped((x * width - left) / (right - left), w * width / (right - left))
        y, h = _clipped((y * height - top) / (bottom - top), h * height / (bottom - top))
        return (x, y, w, h) if w > 0 and h > 0 else None


def _span(zone: Zone, width: int, height: int) -> tuple[int, int, int, int]:
    x, y, w, h = zone
    return (
        max(0, math.floor((x - MARGIN) * width)),
        max(0, math.floor((y - MARGIN) * height)),
        min(width, math.ceil((x + w + MARGIN) * width)),
        min(height, math.ceil((y + h + MARGIN) * height)),
    )


def _clipped(start: float, length: float) -> tuple[float, float]:
    """The part of ``start`` and ``length`` that lies in [0, 1]."""
    begin, end = min(max(start, 0.0), 1.0), min(max(start + length, 0.0), 1.0)
    return begin, end - begin
