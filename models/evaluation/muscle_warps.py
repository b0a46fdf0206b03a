"""Action Units put onto neutral faces by Waters' muscles: a warp field that no training face was made with.

Training moves landmarks by Gaussian handles and interpolates linearly between them (``models.training.warps``). Here
every pixel is drawn towards a muscle's attachment within its sector (Waters 1987, "A muscle model for animating three-
dimensional facial expression"), lids are stretched over the eye, and the lips part along their seam.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.evaluation.warped_apertures import Parted, close_lids, part_lips
from models.preprocess import LEFT_EYE, RIGHT_EYE

F32 = NDArray[np.float32]
ZOOM = 2
"""The warp runs at twice the crop's size and is averaged down."""


@dataclass(frozen=True, slots=True)
class Muscle:
    """From ``attachment`` (MediaPipe landmark) to ``insertion``, which it draws in by ``pull`` IODs at intensity 5.

    Its sector opens ``angle`` degrees to either side; the pull fades to 0 at the attachment and, beyond the insertion,
    within ``beyond`` IODs. ``furrows`` lie across it, this strong. ``lip`` muscles leave the lower lip where it is.
    """

    attachment: tuple[int, int]
    insertion: tuple[int, int]
    pull: float
    angle: float
    beyond: float
    furrows: float = 0.0
    lip: bool = False


MUSCLES: Mapping[str, tuple[Muscle, ...]] = {
    "AU01": (Muscle((109, 338), (107, 336), 0.20, 38, 0.25, 0.7),),
    "AU02": (Muscle((103, 332), (63, 293), 0.20, 42, 0.25, 0.6),),
    "AU04": (Muscle((6, 6), (65, 295), 0.14, 45, 0.30, 0.5), Muscle((168, 168), (107, 336), 0.08, 50, 0.25, 0.5)),
    "AU06": (
        Muscle((130, 359), (205, 425), 0.15, 50, 0.30, 0.0),
        Muscle((145, 374), (50, 280), 0.12, 50, 0.25, 0.4),
        Muscle((133, 362), (127, 356), 0.07, 35, 0.25, 0.7),
    ),
    "AU09": (
        Muscle((193, 417), (129, 358), 0.13, 55, 0.28, 0.8, True),
        Muscle((6, 6), (55, 285), 0.07, 60, 0.25, 0.4),
    ),
    "AU10": (
        Muscle((119, 348), (40, 270), 0.12, 34, 0.14, 0.2, True),
        Muscle((114, 343), (37, 267), 0.10, 42, 0.14, 0.2, True),
    ),
    "AU12": (Muscle((116, 345), (61, 291), 0.28, 36, 0.22, 0.3), Muscle((117, 346), (205, 425), 0.08, 40, 0.25, 0.0)),
    "AU15": (Muscle((136, 365), (61, 291), 0.16, 30, 0.15),),
    "AU18": (Muscle((13, 13), (61, 291), 0.15, 60, 0.25),),
    "AU20": (Muscle((132, 361), (61, 291), 0.18, 30, 0.2),),
}
"""Our reading of the anatomy behind FACS; the last three mean no output."""


@dataclass(frozen=True, slots=True)
class Vigour:
    """How one warp differs from another: scales of pull and sector, asymmetry, furrows, mouth colours."""

    pull: float
    sector: float
    asymmetry: float
    furrows: float
    wavelength: float
    teeth: float
    mouth: float

    @staticmethod
    def draw(rng: np.random.Generator) -> Vigour:
        """Random vigour, from a faint to a lively face."""
        return Vigour(
            pull=float(rng.uniform(0.8, 1.15)),
            sector=float(rng.uniform(0.8, 1.4)),
            asymmetry=float(np.clip(rng.normal(0.0, 0.12), -0.3, 0.3)),
            furrows=float(rng.uniform(0.0, 1.0)),
            wavelength=float(rng.uniform(0.07, 0.13)),
            teeth=float(rng.uniform(-0.5, 1.0)),
            mouth=float(rng.uniform(0.1, 0.45)),
        )


def contract(points: F32, size: int, strength: Mapping[str, float], vigour: Vigour) -> tuple[F32, F32, F32]:
    """Displacements (S, S, 2) of all muscles and of the lip muscles alone, and (S, S) furrows; ``points`` in px."""
    right, left = points[list(RIGHT_EYE)].mean(axis=0), points[list(LEFT_EYE)].mean(axis=0)
    iod = float(np.linalg.norm(left - right))
    grid = np.stack(np.meshgrid(np.arange(size), np.arange(size)), axis=-1).astype(np.float32)
    total, lips = np.zeros((size, size, 2), np.float32), np.zeros((size, size, 2), np.float32)
    furrows = np.zeros((size, size), np.float32)
    for unit, muscles in MUSCLES.items():
        level = strength.get(unit, 0.0) / 5.0 * vigour.pull
        if level == 0:
            continue
        for muscle in muscles:
            for side, tilt in ((0, 1 + vigour.asymmetry), (1, 1 - vigour.asymmetry)):
                start, end = points[muscle.attachment[side]], points[muscle.insertion[side]]
                away = grid - start
                distance = np.maximum(np.linalg.norm(away, axis=-1), 1e-3)
                length = float(np.linalg.norm(end - start))
                cosine = (away @ ((end - start) / max(length, 1e-3))) / distance
                bend = np.arccos(np.clip(cosine, -1, 1)) / np.radians(muscle.angle * vigour.sector)
                inner = np.clip(distance / max(length, 1e-3), 0, 1)
                outer = np.clip((distance - length) / (muscle.beyond * iod), 0, 1)
                weight = np.cos(np.clip(bend, 0, 1) * np.pi / 2) ** 2 * np.sin(inner * np.pi / 2)
                weight *= np.cos(outer * np.pi / 2) ** 2
                pull = (-level * tilt * muscle.pull * iod) * weight[..., None] * away / distance[..., None]
                total += pull
                if muscle.lip:
                    lips += pull
                wave = np.maximum(np.sin(2 * np.pi * distance / (vigour.wavelength * iod)), 0)
                furrows += muscle.furrows * abs(level) * weight * wave
    return total, lips, furrows


def muscle_warp(
    crop: NDArray[np.uint8], landmarks: F32, strength: Mapping[str, float], vigour: Vigour
) -> tuple[NDArray[np.uint8], float]:
    """The (S, S) grey ``crop`` with the AUs of ``strength`` put on, and the gap of its lips in IODs.

    ``strength`` is 0–5 per unit and of ``MUSCLES``' confusers; AU43 0–1; ``"gap"`` opens the jaw by that many IODs.
    """
    size = crop.shape[0] * ZOOM
    points = np.asarray(landmarks, np.float32) * ZOOM + (ZOOM - 1) / 2
    large = cv2.resize(crop, (size, size), interpolation=cv2.INTER_CUBIC)
    squint = 0.42 * strength.get("AU07", 0.0) / 5.0 * vigour.pull + 0.25 * strength.get("AU06", 0.0) / 5.0
    closed = strength.get("AU43", 0.0)
    lidded = close_lids(
        np.asarray(large, np.uint8), points, fall=0.3 * squint * (1 - closed) + 0.88 * closed, rise=squint
    )
    total, lips, furrows = contract(points, size, strength, vigour)
    parted = Parted(gap=strength.get("gap", 0.0), teeth=vigour.teeth, mouth=vigour.mouth)
    warped, gap = part_lips(lidded, points, total, lips, parted)
    shade = 1 - 0.45 * vigour.furrows * cv2.GaussianBlur(furrows, (0, 0), 1.0 * ZOOM)
    spread = np.gradient(total[..., 0], axis=1) + np.gradient(total[..., 1], axis=0)
    shade *= 1 + 0.2 * vigour.furrows * np.clip(
        cv2.GaussianBlur(spread.astype(np.float32), (0, 0), 2.0 * ZOOM), -0.4, 0.2
    )
    lit = np.clip(warped * shade, 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(lit, crop.shape[::-1], interpolation=cv2.INTER_AREA), dtype=np.uint8), gap
