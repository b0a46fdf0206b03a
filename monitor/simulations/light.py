"""Other light than day: the grey of an infrared camera at night, and a room almost dark.

``before`` changes the photograph that is acted with, ``after`` the finished picture.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from monitor.demo.photograph import Photograph
from monitor.records import F32, U8
from monitor.simulations.faces import Face

IRISES = (468, 473)
_INFRARED_NOISE = 5.0
_DARK_NOISE = 4.0


def infrared_face(face: Face) -> Photograph:
    """Grey as infrared shows it: the skin's blemishes and lips fade, pupils shine (they lie beside the lamp)."""
    blue, green, red = (face.photograph.pixels[:, :, channel].astype(np.float32) for channel in range(3))
    grey = 0.05 * blue + 0.15 * green + 0.80 * red
    soft = cv2.bilateralFilter(grey, 7, 28.0, 4.0)
    flat = 255.0 * (np.clip(0.25 * grey + 0.75 * soft, 0, 255) / 255.0) ** 0.85
    for number in IRISES:
        x, y = (round(float(v) * 16) for v in face.mesh[number])
        disc = np.zeros(flat.shape, np.float32)
        cv2.circle(disc, (x, y), round(0.045 * face.unit_px * 16), 1.0, -1, cv2.LINE_AA, 4)
        flat += (250.0 - flat) * cv2.GaussianBlur(disc, (0, 0), 0.7)
    return replace(face.photograph, pixels=np.repeat(np.clip(flat, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2))


def infrared_camera(picture: U8, rng: np.random.Generator) -> U8:
    """Brightest where the lamp points, grainy; one grey channel thrice."""
    height, width = picture.shape[:2]
    grain = _INFRARED_NOISE * rng.standard_normal((height, width), dtype=np.float32)
    lit = picture[:, :, 0].astype(np.float32) * _lamp(height, width) + grain
    return np.repeat(np.clip(lit, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def low_light(picture: U8, rng: np.random.Generator, *, gain: float) -> U8:
    """A ``gain`` of the light, noise that grows with what light there is, colours half gone, coarse grey levels."""
    height, width = picture.shape[:2]
    dim = picture.astype(np.float32) * gain
    dim = 0.5 * dim + 0.5 * dim.mean(axis=2, keepdims=True)
    noise = rng.standard_normal((height, width, 1), dtype=np.float32) * (
        _DARK_NOISE + 0.25 * np.sqrt(np.maximum(dim, 0))
    )
    return np.asarray(np.clip(np.round((dim + noise) / 2.0) * 2.0, 0, 255), dtype=np.uint8)


def _lamp(height: int, width: int) -> F32:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    away = ((x / width - 0.5) ** 2 + (y / height - 0.45) ** 2) / 0.5
    return np.asarray(1.15 - 0.85 * np.minimum(away, 1.0), dtype=np.float32)
