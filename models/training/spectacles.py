"""Glasses drawn onto aligned crops: frames that hide no expression, and dark lenses that hide the eyes.

Residents wear glasses, the lab faces do not. Eyes lie at fixed places of the aligned crop, so glasses can be drawn
without landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.preprocess import TEMPLATE

ZOOM = 4


@dataclass(frozen=True, slots=True)
class Spectacles:
    """A bank of K glasses for crops of side S: ``frame``, ``lens``, ``glare`` (K, S, S) in [0, 1]; tones (K,) 0–255.

    ``lens`` is how much a lens hides what lies behind it; a clear one is nearly 0.
    """

    frame: Tensor
    lens: Tensor
    glare: Tensor
    frame_tone: Tensor
    lens_tone: Tensor

    def worn(self, pictures: Tensor, which: Tensor, wearing: Tensor) -> tuple[Tensor, Tensor]:
        """(N, S, S) grey pictures with glasses ``which`` (N,) where ``wearing`` (N,) bool, and (N, S, S) hidden share.

        Only dark lenses hide, a frame is thin; behind a dark lens the whole eye with its brow counts as hidden.
        """
        rows = torch.nonzero(wearing)[:, 0]
        shown, hidden = pictures.clone(), torch.zeros_like(pictures)
        if not len(rows):
            return shown, hidden
        worn = which[rows]
        lens, frame, glare = self.lens[worn], self.frame[worn], self.glare[worn]
        seen = pictures[rows] * (1 - lens) + self.lens_tone[worn][:, None, None] * lens
        seen = seen * (1 - glare) + 235.0 * glare
        shown[rows] = seen * (1 - frame) + self.frame_tone[worn][:, None, None] * frame
        dark = torch.where(lens > 0.5, lens, torch.zeros(1))[:, None]
        wide = F.max_pool2d(dark, (1, 17), stride=1, padding=(0, 8))
        hidden[rows] = F.max_pool2d(wide, (17, 1), stride=1, padding=(8, 0))[:, 0]
        return shown, hidden


def draw_spectacles(count: int, size: int, seed: int) -> Spectacles:
    """``count`` random glasses: round to square, thin to thick, clear (7 in 10), tinted or dark, some with glare."""
    rng = np.random.default_rng(seed)
    frame, lens, glare = (np.zeros((count, size, size), np.float32) for _ in range(3))
    frame_tone, lens_tone = rng.uniform(5, 90, count), rng.uniform(5, 50, count)
    frame_tone[rng.random(count) < 0.25] = 190.0
    for number in range(count):
        shapes = _outlines(size, rng)
        thick = max(1, round(float(rng.uniform(0.008, 0.035)) * size * ZOOM))
        line, inside = (np.zeros((size * ZOOM, size * ZOOM), np.uint8) for _ in range(2))
        for shape in shapes:
            cv2.polylines(line, [shape], True, 255, thick, cv2.LINE_AA)
            cv2.fillPoly(inside, [shape], 255, cv2.LINE_AA)
        _joints(line, shapes, thick)
        frame[number] = _reduced(line, size) * float(rng.uniform(0.7, 1.0))
        kind = rng.random()
        shade = (
            rng.uniform(0.0, 0.12) if kind < 0.7 else rng.uniform(0.2, 0.45) if kind < 0.8 else rng.uniform(0.8, 1.0)
        )
        lens[number] = _reduced(inside, size) * float(shade)
        if rng.random() < 0.35:
            glare[number] = _glare(inside, size, rng)
    return Spectacles(
        frame=torch.from_numpy(frame),
        lens=torch.from_numpy(lens),
        glare=torch.from_numpy(glare),
        frame_tone=torch.from_numpy(frame_tone).float(),
        lens_tone=torch.from_numpy(lens_tone).float(),
    )


def _outlines(size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Both lenses as polygons in enlarged px: superellipses around the eyes, a little below them."""
    wide, high = float(rng.uniform(0.11, 0.155)), float(rng.uniform(0.07, 0.125))
    power, drop, spread = float(rng.uniform(2.0, 5.0)), float(rng.uniform(-0.01, 0.03)), float(rng.uniform(-0.01, 0.02))
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    x = wide * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** (2 / power)
    y = high * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** (2 / power)
    outlines = []
    for side, (eye_x, eye_y) in zip((-1.0, 1.0), TEMPLATE[:2], strict=True):
        points = np.stack([eye_x + side * spread + x, eye_y + drop + y], axis=1)
        outlines.append(np.round(points * size * ZOOM).astype(np.int32))
    return outlines


def _joints(line: np.ndarray, shapes: list[np.ndarray], thick: int) -> None:
    """The bridge between the lenses and the temples out to the ears."""
    right, left = shapes
    level = int(right[:, 1].mean() - 0.3 * (right[:, 1].max() - right[:, 1].min()))
    cv2.line(line, (int(right[:, 0].max()), level), (int(left[:, 0].min()), level), 255, thick, cv2.LINE_AA)
    cv2.line(line, (int(right[:, 0].min()), level), (0, level + thick), 255, thick, cv2.LINE_AA)
    cv2.line(line, (int(left[:, 0].max()), level), (line.shape[1], level + thick), 255, thick, cv2.LINE_AA)


def _glare(inside: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A slanted streak of light within the lenses."""
    streak = np.zeros_like(inside)
    x = float(rng.uniform(0.2, 0.8)) * inside.shape[1]
    slant = float(rng.uniform(-0.3, 0.3)) * inside.shape[1]
    wide = max(2, round(float(rng.uniform(0.02, 0.08)) * inside.shape[1]))
    cv2.line(streak, (round(x - slant), 0), (round(x + slant), inside.shape[0]), 255, wide, cv2.LINE_AA)
    return _reduced(np.minimum(streak, inside), size) * float(rng.uniform(0.2, 0.8))


def _reduced(mask: np.ndarray, size: int) -> np.ndarray:
    return np.asarray(cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA), dtype=np.float32) / 255.0
