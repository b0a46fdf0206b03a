"""Whether a face can be judged, and if not, why."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from models.preprocess import halved
from monitor.face.geometry import Box, size_of
from monitor.face.settings import FaceSettings
from monitor.face.visibility import hidden_regions
from monitor.records import F32, U8, FaceRegion, Pose, Quality, QualityReason

_PATCH_PX = 64
_CONTRAST_FLOOR = 4.0
_CALM_PX = 1.0


def judge_quality(pixels: U8, points: F32, box: Box, pose: Pose, upside_down: bool, settings: FaceSettings) -> Quality:
    """The verdict on the face with mesh ``points`` (478, ≥2) px in ``pixels`` (H, W, 3) BGR.

    - TOO_SMALL: ``face_px``, the geometric mean of the box's sides, under ``min_face_px``.
    - CUT_OFF: more than ``max_outside`` of the mesh lies outside the picture.
    - DARK: mean grey level under ``min_brightness``, or no contrast at all.
    - BLURRED: ``sharpness`` under ``min_sharpness``. It is the energy of the Laplacian over the variance, of the
      face brought to 64 px and smoothed by one px against camera noise.
    - TURNED_AWAY, UPSIDE_DOWN: by pose; upside down as well when ``upside_down`` says that the mesh cannot be right.
    """
    patch = _patch(pixels, box)
    brightness, contrast = _mean_and_deviation(patch)
    sharpness = _sharpness(patch)
    face_px = size_of(box)
    flipped = upside_down or abs(pose.roll_deg) > settings.max_roll_deg
    turned = abs(pose.yaw_deg) > settings.max_yaw_deg or abs(pose.pitch_deg) > settings.max_pitch_deg
    found = {
        QualityReason.TOO_SMALL: face_px < settings.min_face_px,
        QualityReason.DARK: brightness < settings.min_brightness or contrast < _CONTRAST_FLOOR,
        QualityReason.BLURRED: sharpness < settings.min_sharpness,
        QualityReason.TURNED_AWAY: turned and not flipped,
        QualityReason.CUT_OFF: _share_outside(pixels, points, box) > settings.max_outside,
        QualityReason.UPSIDE_DOWN: flipped,
    }
    return Quality(
        reasons=tuple(reason for reason, is_so in found.items() if is_so),
        face_px=face_px,
        sharpness=sharpness,
        brightness=brightness,
    )


def covered(visibility: Mapping[FaceRegion, float]) -> bool:
    """Whether something hides what is needed to judge the face: any region is hidden."""
    return bool(hidden_regions(visibility))


def _share_outside(pixels: U8, points: F32, box: Box) -> float:
    """Share of the mesh that lies outside the picture; of the box alone where that tells."""
    right, bottom = pixels.shape[1] - 1, pixels.shape[0] - 1
    if box[0] >= 0 and box[1] >= 0 and box[0] + box[2] < right - 0.5 and box[1] + box[3] < bottom - 0.5:
        return 0.0
    x, y = points[:, 0], points[:, 1]
    return float(((x < 0) | (y < 0) | (x > right) | (y > bottom)).mean())


def _patch(pixels: U8, box: Box) -> U8:
    """The inner face (the middle 70% of the box) as 64 × 64 grey levels."""
    height, width = pixels.shape[:2]
    x0 = int(min(max(box[0] + 0.15 * box[2], 0), width - 2))
    y0 = int(min(max(box[1] + 0.15 * box[3], 0), height - 2))
    x1 = int(min(max(box[0] + 0.85 * box[2], x0 + 2), width))
    y1 = int(min(max(box[1] + 0.85 * box[3], y0 + 2), height))
    grey = cv2.cvtColor(pixels[max(y0, 0) : y1, max(x0, 0) : x1], cv2.COLOR_BGR2GRAY)
    while min(grey.shape) >= 2 * _PATCH_PX:
        grey = halved(np.asarray(grey, dtype=np.uint8))
    return np.asarray(cv2.resize(grey, (_PATCH_PX, _PATCH_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _sharpness(patch: U8) -> float:
    """Energy of the Laplacian over the variance of the patch, both after a blur that removes camera noise."""
    calm = cv2.GaussianBlur(patch.astype(np.float32), (0, 0), _CALM_PX)
    variance = _mean_and_deviation(calm)[1] ** 2
    if variance < _CONTRAST_FLOOR**2:
        return 0.0
    return _mean_and_deviation(cv2.Laplacian(calm, cv2.CV_32F))[1] ** 2 / variance


def _mean_and_deviation(patch: U8 | F32) -> tuple[float, float]:
    """In double precision, in a tenth of numpy's time for so small a patch."""
    mean, deviation = cv2.meanStdDev(patch)
    return float(mean[0, 0]), float(deviation[0, 0])
