"""Faces not trained on, and the targets each of them is known to show: what μ is measured on.

How truth is known, per source:
    ferplus   validation faces; the emotion that most voters saw implies its units (EMFACS, Ekman & Friesen); parted
              lips and a dropped jaw are measured on the mesh
    smiling   held-out people of the London set asked to smile: AU6 and AU12; parted lips measured
    warped    neutral pictures of held-out people with one unit put on, by the label of the warp
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets import ferplus
from models.datasets.landmarker import find_mesh_enlarged, landmarker
from models.evaluation.lab_people import LabPicture, lab_people
from models.evaluation.shown import shown
from models.preprocess import align, luminance
from models.recipes.face112_data import label
from models.spec import AUS
from models.training.warps import Style, warp
from models.training.weak_labels import jaw_intensities, lip_gap_intensity

EMOTION_UNITS = {
    "anger": ("AU04", "AU07"),
    "disgust": ("AU09", "AU10"),
    "happiness": ("AU06", "AU12"),
    "surprise": ("AU01", "AU02", "AU26"),
}
"""Units that an emotion implies; the region of a target ``emotion:NAME`` is the union of theirs."""
SMILE_UNITS = ("AU06", "AU12")
SHOWS = 2.0
"""Intensity from which a measured or warped unit is surely shown (AU43: closed)."""
PER_EMOTION, PER_WARP = 40, 24
"""Most FER+ faces per emotion and most warped people per unit."""


@dataclass(frozen=True, slots=True)
class Case:
    """One face and the targets it shows (``AU04``, ``emotion:anger``); ``landmarks`` (478, 2) in crop px."""

    crop: NDArray[np.uint8]
    landmarks: NDArray[np.float32]
    targets: tuple[str, ...]
    person: str
    source: str


def cases(folder: Path, asset: Path, units: Sequence[str]) -> list[Case]:
    """Cases for the AUs of ``units``; ``folder`` holds ``ferplus_train_valid.npz``, ``london/`` and ``canada/``."""
    people = lab_people(folder, asset)
    found = [
        *_ferplus(folder / "ferplus_train_valid.npz", asset),
        *(_smile(picture) for picture in people.smiling if picture.held_out),
        *_warped([picture for picture in people.neutral if picture.held_out][:PER_WARP], units),
    ]
    return [case for case in found if case.targets]


def _ferplus(file: Path, asset: Path) -> Iterator[Case]:
    data = ferplus.load(file)
    majority = ferplus.majority(data.votes)
    rng = np.random.default_rng(5)
    with landmarker(asset) as detector:
        for emotion, implied in EMOTION_UNITS.items():
            asked = (data.usage != ferplus.TRAINING) & (majority == ferplus.COLUMNS.index(emotion))
            for row in shown(rng.permutation(np.flatnonzero(asked))[:PER_EMOTION], emotion):
                mesh = find_mesh_enlarged(detector, data.images[row])
                if mesh is not None:
                    crop = align(data.images[row], mesh.landmarks)
                    targets = (f"emotion:{emotion}", *implied, *_measured(crop.landmarks))
                    unique = tuple(dict.fromkeys(targets))
                    yield Case(luminance(crop.pixels), crop.landmarks, unique, f"ferplus/{data.row[row]}", "ferplus")


def _smile(picture: LabPicture) -> Case:
    targets = ("emotion:happiness", *SMILE_UNITS, *_measured(picture.landmarks))
    return Case(picture.crop, picture.landmarks, targets, picture.person, "smiling")


def _warped(people: Sequence[LabPicture], units: Sequence[str]) -> Iterator[Case]:
    for unit in shown([unit for unit in units if unit in AUS], "warped faces"):
        for number, picture in enumerate(people):
            rng = np.random.default_rng([17, number])
            style = Style.draw(rng)
            points = picture.landmarks.astype(np.float64)
            strength = {"AU26": {"AU25": 3.5}, "AU27": {"AU25": 5.0}, "AU43": {"AU43": 1.0}}.get(unit, {unit: 4.5})
            crop, moved = warp(picture.crop, points, strength, style, rng)
            if dict(zip(AUS, label(strength, style, moved), strict=True))[unit] >= (1.0 if unit == "AU43" else SHOWS):
                yield Case(crop, moved.astype(np.float32), (unit,), picture.person, "warped")


def _measured(landmarks: NDArray[np.float32]) -> tuple[str, ...]:
    points = landmarks.astype(np.float64)
    dropped, stretched = jaw_intensities(points)
    levels = {"AU25": lip_gap_intensity(points), "AU26": dropped, "AU27": stretched}
    return tuple(unit for unit, level in levels.items() if level >= SHOWS)
