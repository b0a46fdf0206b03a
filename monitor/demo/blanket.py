"""A woven blanket that is drawn up over mouth, nose and one eye."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from monitor.records import F32, U8

COLOUR = (176.0, 152.0, 118.0)
"""Blue, green, red of the demo's blanket."""


def draw_blanket(
    picture: U8,
    drawn_up: float,
    *,
    over: tuple[float, float],
    under: tuple[float, float],
    colour: tuple[float, float, float] = COLOUR,
) -> None:
    """Cover the lower part of ``picture``; at ``drawn_up`` = 1 the edge runs above the eye ``over``, below ``under``.

    Both places are (x, y) px in ``picture``.
    """
    if drawn_up <= 0.01:
        return
    height, width = picture.shape[:2]
    across = np.arange(width, dtype=np.float32)
    half_way = (over[0] + under[0]) / 2, (over[1] + under[1]) / 2
    half_span = (under[0] - over[0]) / 2
    rise = (under[1] - over[1]) / 2 + 0.32 * abs(half_span)
    edge = half_way[1] + 1.3 * rise * np.tanh((across - half_way[0]) / half_span)
    edge = edge + 3.0 * np.sin(across / 19.0) + 1.2 * np.sin(across / 7.0)
    edge = edge + (1.0 - drawn_up) * (height + 12.0 - float(edge.min()))
    below = np.arange(height, dtype=np.float32)[:, None] - edge[None, :]
    cloth = _cloth(height, width, colour)
    shift = round(float(edge.min())) % height
    cloth = np.roll(cloth, shift, axis=0)
    hem = 1.0 - 0.22 * np.exp(-(((below - 7.0) / 1.6) ** 2)) + 0.10 * np.exp(-(((below - 3.0) / 2.5) ** 2))
    cover = np.clip(below + 0.5, 0.0, 1.0)[:, :, None]
    shadow = (1.0 - 0.35 * np.exp(np.minimum(below, 0.0) / 5.0) * (below < 0))[:, :, None]
    painted = picture * shadow * (1.0 - cover) + cloth * hem[:, :, None] * cover
    picture[:] = np.clip(painted, 0, 255).astype(np.uint8)


@lru_cache(maxsize=4)
def _cloth(height: int, width: int, colour: tuple[float, float, float]) -> F32:
    """(H, W, 3) woven cloth with soft folds; the same every time."""
    rng = np.random.default_rng(11)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    weave = 1.0 + 0.07 * np.sin(x * 1.9 + 0.4 * np.sin(y * 0.8)) * np.sin(y * 2.1)
    folds = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), 24)
    folds = cv2.GaussianBlur(folds, (0, 0), sigmaX=6, sigmaY=40, borderType=cv2.BORDER_REFLECT)
    folds = 1.0 + 0.28 * folds / max(float(np.abs(folds).max()), 1e-6)
    grain = 1.0 + 0.04 * rng.standard_normal((height, width)).astype(np.float32)
    return np.asarray((weave * folds * grain)[:, :, None] * np.array(colour, dtype=np.float32), dtype=np.float32)
