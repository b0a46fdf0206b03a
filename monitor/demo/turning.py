"""Turning the head away: the photograph is wrapped around a head-shaped relief, which is turned and looked at anew."""

from __future__ import annotations

import numpy as np

from monitor.demo.photograph import Photograph
from monitor.records import F64, U8

_OUTLINE = np.array(
    # y, middle x, half width of the head; px of the photograph
    [[18, 262, 62], [70, 263, 86], [100, 261, 108], [152, 262, 108], [170, 264, 102], [190, 265, 109], [240, 265, 108],
     [262, 265, 98], [290, 264, 92], [308, 270, 72], [345, 270, 64], [380, 270, 64]]
)  # fmt: skip
_CHIN_Y, _COLLAR_Y = 335.0, 372.0
"""Below the chin the turn gets less, down to none at the collar."""
_SEEN_TO = np.deg2rad(72.0)
"""As far round as the photograph shows the head; what lies beyond is drawn."""
_BRIM_Y, _NAPE_Y = 156.0, 292.0
"""Between these lies hair, above the hat, below the collar."""
_HAT, _HAIR, _COLLAR = (26.0, 20.0, 20.0), (112.0, 134.0, 146.0), (40.0, 26.0, 24.0)


def turn_head(picture: U8, photograph: Photograph, yaw_deg: float) -> U8:
    """``picture`` (px of ``photograph``) with the head turned by ``yaw_deg`` towards the picture's right."""
    if abs(yaw_deg) < 0.5:
        return picture
    scale = photograph.scale
    rows = np.arange(int(20 * scale), int(_COLLAR_Y * scale))
    y = rows / scale
    middle, half = (np.interp(y, _OUTLINE[:, 0], _OUTLINE[:, column]) * scale for column in (1, 2))
    turned = np.deg2rad(yaw_deg) * np.clip((_COLLAR_Y - y) / (_COLLAR_Y - _CHIN_Y), 0.0, 1.0)
    angle = np.linspace(-np.pi, np.pi, int(14 * half.max()))
    radius = half[:, None] * (1.0 + _relief(y, angle))
    seen_at = angle[None, :] + turned[:, None]
    depth = radius * np.cos(seen_at)
    to_x = np.round(middle[:, None] + radius * np.sin(seen_at)).astype(np.int64)
    from_x = np.round(middle[:, None] + half[:, None] * np.sin(angle)[None, :]).astype(np.int64)
    width = picture.shape[1]
    visible = (depth > 0) & (to_x >= 0) & (to_x < width)
    colours = picture[rows[:, None], np.clip(from_x, 0, width - 1)]
    unseen = np.abs(angle) > _SEEN_TO
    colours[:, unseen] = _back_of_head(y, angle[unseen])
    row_of = np.broadcast_to(rows[:, None], depth.shape)[visible]
    order = np.argsort(depth[visible], kind="stable")
    result = picture.copy()
    result[row_of[order], to_x[visible][order]] = colours[visible][order]
    return result


def _relief(y: F64, angle: F64) -> F64:
    """(rows, angles) how far the nose, the brow and the chin stand out of the cylinder, in shares of its radius."""
    along = np.interp(y, [150, 185, 240, 252, 262, 285, 325, 340], [0.0, 0.03, 0.26, 0.20, 0.05, 0.07, 0.06, 0.0])
    return along[:, None] * np.exp(-((angle / 0.22) ** 2))[None, :]


def _back_of_head(y: F64, angle: F64) -> U8:
    """(rows, angles, 3) hat, hair and collar as they are on the side that the photograph does not show."""
    rng = np.random.default_rng(5)
    strands = np.repeat(rng.standard_normal(-(-angle.size // 4)), 4)[: angle.size]
    grain = rng.standard_normal((y.size, angle.size))
    light = 1.0 + 0.10 * strands[None, :] + 0.05 * grain
    wavy = y[:, None] + 2.0 * np.sin(angle * 9.0)[None, :]
    hair = np.clip((wavy - _BRIM_Y) / 3.0, 0.0, 1.0)[:, :, None]
    collar = np.clip((wavy - _NAPE_Y) / 4.0, 0.0, 1.0)[:, :, None]
    colours = np.array(_HAT) * (1.0 - hair) + np.array(_HAIR) * light[:, :, None] * hair
    return np.clip(colours * (1.0 - collar) + np.array(_COLLAR) * collar, 0, 255).astype(np.uint8)
