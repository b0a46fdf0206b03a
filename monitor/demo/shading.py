"""What a warp cannot give: furrows and folds that come with an expression, and the open mouth with its teeth."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from monitor.demo.expression import LOWER_LIP_LINE, UPPER_LIP_LINE
from monitor.demo.photograph import Photograph
from monitor.records import F32, F64, U8

Stroke = tuple[float, float, tuple[tuple[float, float], ...]]
"""Depth (share of brightness lost), width in px, and the line, in px of the photograph."""

GRIMACE_STROKES: tuple[Stroke, ...] = (
    # between the brows, upright
    (0.50, 3.6, ((254, 161), (257, 169), (256, 180))),
    (0.50, 3.6, ((273, 159), (270, 168), (272, 179))),
    # nose root, across, and down its sides
    (0.47, 2.2, ((252, 183), (264, 186), (277, 182))),
    (0.38, 2.0, ((251, 191), (264, 194), (278, 190))),
    (0.35, 2.2, ((250, 202), (255, 211), (250, 220))),
    (0.35, 2.2, ((280, 200), (277, 210), (282, 218))),
    # from the wings of the nose around the mouth
    (0.47, 3.4, ((238, 236), (228, 246), (222, 258), (220, 272))),
    (0.47, 3.4, ((295, 233), (305, 243), (312, 255), (315, 269))),
    # under the eyes and at their outer corners
    (0.38, 2.4, ((207, 203), (218, 207), (232, 205))),
    (0.38, 2.4, ((322, 197), (311, 202), (297, 201))),
    (0.35, 1.8, ((203, 192), (194, 188))),
    (0.35, 1.8, ((203, 196), (193, 198))),
    (0.35, 1.8, ((326, 186), (335, 181))),
    (0.35, 1.8, ((326, 190), (336, 191))),
    # the brows themselves, drawn darker by their bunching
    (0.38, 4.5, ((250, 172), (236, 167), (220, 167))),
    (0.38, 4.5, ((278, 170), (292, 163), (308, 161))),
)

LAUGH_STROKES: tuple[Stroke, ...] = (
    (0.34, 3.2, ((237, 243), (226, 252), (217, 265), (215, 277))),
    (0.34, 3.2, ((296, 241), (307, 249), (316, 261), (320, 273))),
    (0.26, 1.8, ((203, 192), (193, 187))),
    (0.26, 1.8, ((203, 196), (192, 197))),
    (0.26, 1.8, ((326, 186), (336, 180))),
    (0.26, 1.8, ((326, 190), (337, 190))),
    (0.20, 2.4, ((208, 204), (219, 208), (232, 206))),
    (0.20, 2.4, ((321, 198), (311, 203), (298, 202))),
)


def furrows(photograph: Photograph, strokes: Sequence[Stroke]) -> F32:
    """(H, W) change of brightness (share, negative in a furrow, slightly positive on its banks) at full strength."""
    height, width = photograph.pixels.shape[:2]
    total = np.zeros((height, width), dtype=np.float32)
    for depth, width_px, line in strokes:
        drawn = np.zeros((height, width), dtype=np.float32)
        corners = np.round(_smooth([photograph.at(x, y) for x, y in line]) * 16).astype(np.int32)
        cv2.polylines(drawn, [corners], False, 1.0, 1, cv2.LINE_AA, 4)
        sigma = width_px * photograph.scale / 2.0
        narrow, wide = cv2.GaussianBlur(drawn, (0, 0), sigma), cv2.GaussianBlur(drawn, (0, 0), 2.2 * sigma)
        total += depth * (0.55 * wide / max(float(wide.max()), 1e-6) - 1.15 * narrow / max(float(narrow.max()), 1e-6))
    return total


def _smooth(line: Sequence[tuple[float, float]], times: int = 3) -> F64:
    """The line with its corners cut (Chaikin), ends kept."""
    points = np.asarray(line, dtype=np.float64)
    for _ in range(times):
        ahead = 0.75 * points[:-1] + 0.25 * points[1:]
        behind = 0.25 * points[:-1] + 0.75 * points[1:]
        points = np.concatenate([points[:1], np.stack([ahead, behind], axis=1).reshape(-1, 2), points[-1:]])
    return points


def paint_mouth(picture: U8, points: dict[int, F64], *, scale: float, teeth: float) -> None:
    """Paint the opening between the lips of ``points`` into ``picture``: dark, with teeth over ``teeth`` of its height.

    Nothing is painted while the lips are closed.
    """
    upper = np.array([points[number] for number in UPPER_LIP_LINE])
    lower = np.array([points[number] for number in LOWER_LIP_LINE])
    gap = float((lower[:, 1] - upper[:, 1]).max())
    apart = min(1.0, max(0.0, (gap / scale - 1.5) / 3.0))
    if apart == 0.0:
        return
    opening = _mask(picture, np.concatenate([_smooth(list(map(tuple, upper))), _smooth(list(map(tuple, lower)))[::-1]]))
    opening = apart * cv2.GaussianBlur(opening, (0, 0), 0.55 * scale)
    edge = upper + (lower - upper) * teeth
    edge[:, 1] = np.minimum(edge[:, 1], upper[:, 1] + 8.5 * scale)
    inset = edge.copy()
    top = upper + (lower - upper) * 0.04
    row = _mask(picture, np.concatenate([_smooth(list(map(tuple, top))), _smooth(list(map(tuple, inset)))[::-1]]))
    row = cv2.GaussianBlur(row, (0, 0), 0.7 * scale) * opening
    left, right = float(upper[0, 0]), float(upper[-1, 0])
    across = np.arange(picture.shape[1], dtype=np.float32)
    towards_corner = np.abs((across - (left + right) / 2) / max((right - left) / 2, 1e-6))
    tooth = 1.0 - 0.22 * np.exp(-((((((across - (left + right) / 2) / (5.2 * scale)) % 1.0) - 0.5) / 0.10) ** 2))
    lit = np.clip(1.0 - 0.75 * towards_corner**2, 0.15, 1.0) * tooth
    dark = np.array([28.0, 22.0, 58.0], dtype=np.float32)
    white = np.array([150.0, 184.0, 210.0], dtype=np.float32)
    painted = picture.astype(np.float32)
    painted += (dark - painted) * opening[:, :, None]
    painted += (white * lit[None, :, None] - painted) * row[:, :, None]
    picture[:] = np.clip(painted, 0, 255).astype(np.uint8)


def _mask(picture: U8, outline: F64) -> F32:
    mask = np.zeros(picture.shape[:2], dtype=np.float32)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    return mask
