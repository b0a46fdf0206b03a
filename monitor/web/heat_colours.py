"""Relevance as a picture to be laid over the face: warm where it speaks for the finding, cold where against it."""

from __future__ import annotations

import cv2
import numpy as np

from monitor.records import F32

FOR_BGR, AGAINST_BGR = (30, 40, 225), (215, 120, 20)
STRONGEST = 0.85
"""Opacity of relevance 1; the face stays visible below."""
FAINTEST = 0.1
"""Weaker relevance is not drawn: on real faces it lies nearly everywhere and would veil them."""


def heat_png(relevance: F32) -> bytes:
    """(S, S) relevance in [-1, 1] as an RGBA PNG of the same size, transparent where there is none."""
    strength = np.clip(np.abs(np.nan_to_num(relevance)), 0.0, 1.0)
    opacity = np.where(strength < FAINTEST, 0.0, STRONGEST * strength)
    colour = np.where((relevance > 0)[..., None], np.array(FOR_BGR, np.uint8), np.array(AGAINST_BGR, np.uint8))
    image = np.dstack([colour, np.round(255.0 * opacity)]).astype(np.uint8)
    return bytes(cv2.imencode(".png", image)[1])
