"""Makes pictures fit into a ring's slot."""

from __future__ import annotations

import cv2
import numpy as np

from monitor.capture.ring import LONGEST_SIDE_PX
from monitor.records import U8


def fitted(pixels: U8, longest_px: int = LONGEST_SIDE_PX) -> U8:
    """``pixels`` (H, W, 3), made smaller with its shape kept when a side is longer than ``longest_px``."""
    height, width = pixels.shape[:2]
    longest = max(height, width)
    if longest <= longest_px:
        return pixels
    scale = longest_px / longest
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
