"""Triangles to pixels: an exact z-buffer in numpy, vectorised over all candidate pixels of all triangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fragments:
    """Visible surface per covered pixel: ``pixel`` (P,) flat index, ``triangle`` (P,), ``weights`` (P, 3)."""

    pixel: NDArray[np.int64]
    triangle: NDArray[np.int64]
    weights: F32

    def interpolate(self, triangles: NDArray[np.int32], values: F32) -> F32:
        """(P, C) vertex ``values`` (V, C) at the fragments."""
        corners = values[triangles[self.triangle]]
        return np.asarray(np.einsum("pk,pkc->pc", self.weights, corners), dtype=np.float32)


def rasterise(
    screen: F32, triangles: NDArray[np.int32], size: int, *, keep: NDArray[np.float32] | None = None, seed: int = 0
) -> Fragments:
    """Nearest fragments of ``triangles`` (T, 3) over ``screen`` (V, 3): x, y in px (whole at centres), z to us.

    Triangles that turn away (clockwise in y-down pixels) are left out. ``keep`` (T,) is the share of a triangle's
    pixels that is drawn, at random by ``seed``: a stippled transparency.
    """
    x, y = (screen[:, axis][triangles] for axis in (0, 1))
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    rows = np.flatnonzero((area < -1e-9) & (keep > 0) if keep is not None else area < -1e-9)
    x, y, area = x[rows], y[rows], area[rows]
    low_x, width = _box(x, size)
    low_y, height = _box(y, size)
    some = np.flatnonzero((width > 0) & (height > 0))
    rows, x, y, area = rows[some], x[some], y[some], area[some]
    low_x, low_y, width, height = low_x[some], low_y[some], width[some], height[some]
    z = screen[:, 2][triangles[rows]]
    # Barycentric weights are planes over the picture: weight = at the box's corner + right · steps + down · steps.
    left, top = low_x.astype(np.float32), low_y.astype(np.float32)
    planes = []
    for a, b in ((1, 2), (2, 0)):
        right, down = (y[:, a] - y[:, b]) / area, (x[:, b] - x[:, a]) / area
        start = ((x[:, a] - left) * (y[:, b] - top) - (x[:, b] - left) * (y[:, a] - top)) / area
        planes.append((start, right, down))
    count = width * height
    which = np.repeat(np.arange(len(rows), dtype=np.int32), count)
    step = np.arange(len(which), dtype=np.int32) - np.repeat(np.cumsum(count, dtype=np.int32) - count, count)
    step_y = step // width[which]
    step_x = step - step_y * width[which]
    fx, fy = step_x.astype(np.float32), step_y.astype(np.float32)
    first, second = (start[which] + right[which] * fx + down[which] * fy for start, right, down in planes)
    inside = (first >= -1e-4) & (second >= -1e-4) & (first + second <= 1 + 1e-4)
    if keep is not None:
        share = keep[rows]
        if (share < 1).any():
            inside &= np.random.default_rng(seed).random(len(which), dtype=np.float32) < share[which]
    chosen = np.flatnonzero(inside)
    which, first, second = which[chosen], first[chosen], second[chosen]
    pixel = (low_y[which] + step_y[chosen]) * size + low_x[which] + step_x[chosen]
    depth = first * z[which, 0] + second * z[which, 1] + (1 - first - second) * z[which, 2]
    nearest = np.full(size * size, -np.inf, np.float32)
    np.maximum.at(nearest, pixel, depth)
    visible = np.flatnonzero(depth == nearest[pixel])
    owner = np.full(size * size, -1, np.int64)
    owner[pixel[visible]] = visible
    visible = owner[owner >= 0]
    weights = np.stack([first[visible], second[visible], 1 - first[visible] - second[visible]], axis=1)
    return Fragments(pixel[visible].astype(np.int64), rows[which[visible]], weights.astype(np.float32))


def _box(values: F32, size: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """First whole pixel and number of pixels that (T, 3) ``values`` span inside [0, size)."""
    low = np.minimum(np.minimum(values[:, 0], values[:, 1]), values[:, 2])
    high = np.maximum(np.maximum(values[:, 0], values[:, 1]), values[:, 2])
    first = np.maximum(np.ceil(low), 0).astype(np.int32)
    return first, np.minimum(np.floor(high), size - 1).astype(np.int32) - first + 1
