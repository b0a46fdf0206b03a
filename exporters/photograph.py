"""Real crops that every machine has: views of the public-domain photograph of Grace Hopper that matplotlib installs.

Views are cut through ``models.preprocess.align`` around three points set by hand, with small seeded shifts,
turns and scales. One person in one light: enough to compare two runtimes, not to judge a network.
"""

from __future__ import annotations

import cv2
import numpy as np
from matplotlib import cbook
from numpy.typing import NDArray

from models.errors import DataMissing
from models.preprocess import LEFT_EYE, NOSE_BASE, RIGHT_EYE, align

_ANCHORS = {RIGHT_EYE: (222.0, 190.0), LEFT_EYE: (305.0, 187.0), NOSE_BASE: (270.0, 253.0)}
"""Eye centres and nose base in px of the photograph (512×600)."""


def photograph_crops(size: int, count: int = 16, seed: int = 1906) -> NDArray[np.uint8]:
    """(count, size, size, 3) uint8 BGR crops; DataMissing when matplotlib was installed without its pictures."""
    path = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise DataMissing(f"{path}: cannot be read; give real crops with --crops FILE.npz")
    rng = np.random.default_rng(seed)
    crops = []
    for _ in range(count):
        angle, scale = np.deg2rad(rng.uniform(-10, 10)), rng.uniform(0.9, 1.15)
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        landmarks = np.zeros((478, 2), dtype=np.float32)
        centre = np.mean(list(_ANCHORS.values()), axis=0)
        shift = rng.uniform(-4, 4, size=2)
        for group, point in _ANCHORS.items():
            landmarks[list(group)] = turn @ (np.array(point) - centre) + centre + shift
        crops.append(align(np.asarray(picture, dtype=np.uint8), landmarks, size).pixels)
    return np.stack(crops)


def photograph_views(size: int, count: int, seed: int) -> NDArray[np.uint8]:
    """As ``photograph_crops``, every other one mirrored, and each blurred, made noisy and darkened by chance."""
    rng = np.random.default_rng([seed, 2])
    views = []
    for number, crop in enumerate(photograph_crops(size, count, seed)):
        view = crop[:, ::-1] if number % 2 else crop
        view = cv2.GaussianBlur(view, (0, 0), float(rng.uniform(0.1, 2.0)))
        noisy = view * rng.uniform(0.3, 1.0) + rng.normal(0.0, rng.uniform(0.0, 8.0), view.shape)
        views.append(np.clip(np.rint(noisy), 0, 255).astype(np.uint8))
    return np.stack(views)
