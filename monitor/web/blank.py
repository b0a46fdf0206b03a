"""The picture of no picture: plain grey."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

GREY = 96


@cache
def blank_jpeg() -> bytes:
    """A small grey JPEG, shown while there is nothing to show."""
    return bytes(cv2.imencode(".jpg", np.full((90, 160, 3), GREY, np.uint8))[1])
