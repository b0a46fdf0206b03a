"""Moving least squares: a smooth picture warp that takes control points from one place to another.

Schaefer, McPhail and Warren, "Image deformation using moving least squares" (SIGGRAPH 2006), similarity form.
Written over the complex plane, where a similarity is one multiplication.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.records import F32, F64


def moving_least_squares(places: F64, before: F64, after: F64) -> F64:
    """Where ``places`` (N, 2) go when the control points ``before`` (K, 2) go to ``after`` (K, 2)."""
    middle = np.asarray(before, dtype=np.float64).mean(axis=0)
    v, p, q = (np.asarray(points, dtype=np.float64) - middle for points in (places, before, after))
    squared = np.maximum((v[:, :1] - p[:, 0]) ** 2 + (v[:, 1:] - p[:, 1]) ** 2, 1e-4)
    weights = 1.0 / (squared * np.sqrt(squared))  # α = 3/2: a point's influence stays near it
    weights /= weights.sum(axis=1, keepdims=True)
    v, p, q = (points @ np.array([1.0, 1.0j]) for points in (v, p, q))
    # With weights that sum to 1, Σ w (q - q̄)(p - p̄)* = Σ w q p* - q̄ p̄*: one product with the weights gives all sums.
    turned, length = q * p.conj(), p.real**2 + p.imag**2
    sums = weights @ np.stack([p.real, p.imag, q.real, q.imag, turned.real, turned.imag, length], axis=1)
    centre_p, centre_q = sums[:, 0] + 1j * sums[:, 1], sums[:, 2] + 1j * sums[:, 3]
    energy = sums[:, 6] - (centre_p.real**2 + centre_p.imag**2)
    factor = (sums[:, 4] + 1j * sums[:, 5] - centre_q * centre_p.conj()) / np.maximum(energy, 1e-9)
    moved: NDArray[np.complex128] = centre_q + (v - centre_p) * factor
    return np.asarray(np.stack([moved.real, moved.imag], axis=1) + middle, dtype=np.float64)


def backward_field(before: F64, after: F64, *, box: tuple[int, int, int, int], step_px: int, fade_px: float) -> F32:
    """Displacement (h, w, 2) px by which each pixel of ``box`` (x, y, w, h) looks up its source.

    Computed on a grid of ``step_px`` and interpolated; it fades to nothing over ``fade_px`` at the box's edge.
    """
    x0, y0, width, height = box
    columns, rows = -(-width // step_px) + 1, -(-height // step_px) + 1
    grid_x, grid_y = np.meshgrid(x0 + step_px * np.arange(columns), y0 + step_px * np.arange(rows))
    places = np.stack([grid_x.ravel(), grid_y.ravel()], axis=1).astype(np.float64)
    coarse = (moving_least_squares(places, after, before) - places).astype(np.float32).reshape(rows, columns, 2)
    pixel_x, pixel_y = np.meshgrid(
        np.arange(width, dtype=np.float32) / step_px, np.arange(height, dtype=np.float32) / step_px
    )
    field = cv2.remap(coarse, pixel_x, pixel_y, cv2.INTER_LINEAR)
    edge_x = np.minimum(np.arange(width), np.arange(width)[::-1]) / fade_px
    edge_y = np.minimum(np.arange(height), np.arange(height)[::-1]) / fade_px
    fade = np.clip(np.minimum(edge_x[None, :], edge_y[:, None]), 0.0, 1.0)
    return np.asarray(field * (fade * fade * (3.0 - 2.0 * fade))[:, :, None], dtype=np.float32)
