"""The one aligned crop, for training and serving alike: landmarks → similarity → crop → NCHW float32. No torch.

The crop is upright, with the eye centres on fixed points, whatever the roll of the head. The network sees
luminance standardised per crop, so grey, infrared-like and colour pictures of the same face give the same input.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

CROP_PX = 112
CROP = "eyes-nose-1"
"""Name of what ``align`` does. Give it another name with every change: networks say which crop they learnt from."""
NORMALISATION = "face-window-1"
"""Name of what ``to_input`` does, renamed likewise."""
RIGHT_EYE = (33, 133)
"""MediaPipe landmarks of the resident's right eye corners (outer, inner)."""
LEFT_EYE = (263, 362)
"""MediaPipe landmarks of the resident's left eye corners (outer, inner)."""
NOSE_BASE = (2, 94)
"""Below the nose: moves little with expression, fixes the vertical scale when the head is turned."""

TEMPLATE = np.array([[0.34, 0.37], [0.66, 0.37], [0.50, 0.60]])
"""Right eye, left eye, nose base in shares of the crop's side."""
_CONTRAST_FLOOR = 8.0
"""Smallest standard deviation (grey levels) that standardisation divides by: flat noise is not blown up."""
_FACE_WINDOW = (0.15, 0.92, 0.18, 0.82)
"""Top, bottom, left, right in shares of the side: where the face lies; brightness and contrast are measured here."""
_CLIP = 4.0
"""Standardised values beyond this many deviations (lamps, black borders) are clipped."""


@dataclass(frozen=True, slots=True)
class AlignedCrop:
    """``pixels`` (S, S, 3) uint8 BGR; ``to_frame`` (2, 3) maps crop px to frame px; ``landmarks`` (N, 2) in crop px."""

    pixels: NDArray[np.uint8]
    to_frame: NDArray[np.float64]
    landmarks: NDArray[np.float32]


def anchors(landmarks: NDArray[np.float32]) -> NDArray[np.float64]:
    """(3, 2) anchor points (right eye, left eye, nose base) of (478, 2) landmarks, same units."""
    points = np.asarray(landmarks, dtype=np.float64)
    return np.stack([points[list(group)].mean(axis=0) for group in (RIGHT_EYE, LEFT_EYE, NOSE_BASE)])


def similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least-squares similarity (2, 3) from ``source`` (N, 2) to ``target`` (N, 2) (Umeyama 1991, no reflection)."""
    mean_s, mean_t = source.mean(axis=0), target.mean(axis=0)
    zs = (source - mean_s) @ np.array([1.0, 1.0j])
    zt = (target - mean_t) @ np.array([1.0, 1.0j])
    energy = float(np.abs(zs) @ np.abs(zs))
    factor = complex(np.vdot(zs, zt)) / energy if energy > 0 else 1.0 + 0.0j
    linear = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.hstack([linear, (mean_t - linear @ mean_s)[:, None]])


def as_bgr(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W), (H, W, 1), (H, W, 3) or (H, W, 4) uint8 → (H, W, 3); alpha is dropped."""
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    return np.ascontiguousarray(pixels[:, :, :3])


def align(pixels: NDArray[np.uint8], landmarks: NDArray[np.float32], size: int = CROP_PX) -> AlignedCrop:
    """The aligned crop of side ``size`` around (478, 2) ``landmarks`` (px). What lies outside the picture is black.

    Faces larger than the crop are averaged down first (``halvings``), so that fine structure does not alias.
    """
    picture = as_bgr(pixels)
    to_crop = similarity(anchors(landmarks), TEMPLATE * size)
    scale = float(np.hypot(to_crop[0, 0], to_crop[1, 0]))
    corners = np.array([[0.0, 0.0], [size, 0.0], [0.0, size], [size, size]])
    to_frame = cv2.invertAffineTransform(to_crop)
    spread = corners @ to_frame[:, :2].T + to_frame[:, 2]
    margin = 4.0 / max(scale, 1e-6)
    height, width = picture.shape[:2]
    x0, y0 = np.clip(np.floor(spread.min(axis=0) - margin), 0, [width - 1, height - 1]).astype(int)
    x1, y1 = np.clip(np.ceil(spread.max(axis=0) + margin), [x0 + 1, y0 + 1], [width, height]).astype(int)
    patch = picture[y0:y1, x0:x1]
    factor = 1
    for _ in range(halvings(1.0 / max(scale, 1e-6))):
        if min(patch.shape[:2]) >= 2:
            patch, factor = halved(patch), 2 * factor
    offset = (factor - 1) / 2
    patch_to_frame = np.array([[factor, 0.0, x0 + offset], [0.0, factor, y0 + offset]])
    linear = to_crop[:, :2] @ patch_to_frame[:, :2]
    shift = to_crop[:, :2] @ patch_to_frame[:, 2] + to_crop[:, 2]
    crop = cv2.warpAffine(
        patch, np.hstack([linear, shift[:, None]]), (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    points = (np.asarray(landmarks, dtype=np.float64) @ to_crop[:, :2].T + to_crop[:, 2]).astype(np.float32)
    return AlignedCrop(np.asarray(crop, dtype=np.uint8), np.asarray(to_frame, dtype=np.float64), points)


def halvings(reduction: float) -> int:
    """How often a picture is halved before it is sampled ``reduction`` times smaller.

    Below 2 not at all, so that small faces lose nothing; beyond, until a step is under 1.5 px.
    """
    count = 0
    while reduction >= (1.5 if count else 2.0):
        reduction, count = reduction / 2.0, count + 1
    return count


def halved(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W[, C]) averaged over 2 × 2 px, an odd last row or column left out; several times faster than other factors.

    At least 2 px a side.
    """
    rows, columns = picture.shape[0] // 2, picture.shape[1] // 2
    whole = picture[: 2 * rows, : 2 * columns]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def luminance(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(S, S, 3) BGR or (S, S) grey → (S, S) uint8; a grey picture stored as BGR comes back unchanged."""
    if crop.ndim == 2:
        return crop
    return np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def to_input(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, S, S, 3) BGR or (N, S, S) grey uint8 → (N, 1, S, S) float32, standardised by the face window of each crop.

    Mean and deviation are those of the window that holds the face, so a bright lamp or a black border beside it
    changes nothing; the deviation is never taken below 8 grey levels, and values are clipped to ±4 deviations.
    """
    size = crops.shape[1]
    top, bottom, left, right = (round(share * size) for share in _FACE_WINDOW)
    standard = np.empty((len(crops), 1, size, size), np.float32)
    for crop, plane in zip(crops, standard[:, 0], strict=True):
        grey = luminance(crop)
        mean, deviation = cv2.meanStdDev(grey[top:bottom, left:right])
        np.subtract(grey, np.float32(mean[0, 0]), out=plane)
        np.divide(plane, np.float32(max(deviation[0, 0], _CONTRAST_FLOOR)), out=plane)
    return np.clip(standard, -_CLIP, _CLIP, out=standard)
