"""A bed's part of a camera's picture as people look at it: the zone alone, upright, small enough for a phone."""

from __future__ import annotations

import math
from typing import Literal

import cv2
import numpy as np

from monitor.records import U8

LONGEST_SIDE_PX = 960
JPEG_QUALITY = 80
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
Zone = tuple[float, float, float, float]


def bed_jpeg(picture: U8, zone: Zone | None, rotate_deg: Literal[0, 90, 180, 270]) -> bytes:
    """(H, W, 3) BGR as the camera gave it → JPEG of ``zone`` (x, y, w, h in shares of the turned picture).

    Unlike what is judged it has no margin: the neighbour's bed is nobody else's business.
    """
    turned = picture if rotate_deg == 0 else cv2.rotate(picture, _TURNS[rotate_deg])
    height, width = turned.shape[:2]
    x, y, w, h = zone or (0.0, 0.0, 1.0, 1.0)
    left, top = min(math.floor(x * width), width - 1), min(math.floor(y * height), height - 1)
    right, bottom = max(left + 1, math.ceil((x + w) * width)), max(top + 1, math.ceil((y + h) * height))
    part = np.ascontiguousarray(turned[top:bottom, left:right])
    scale = LONGEST_SIDE_PX / max(part.shape[:2])
    if scale < 1.0:
        size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
        part = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    _, jpeg = cv2.imencode(".jpg", part, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return jpeg.tobytes()
