"""Grimaces made of smiles, and bared teeth that are no laugh: what keeps the network from taking pain for joy.

A grimace with bared teeth and a laugh share raised cheeks, tightened eyes and parted lips. Real smiling faces are
turned into grimaces by taking the smile back (AU12) and lowering the brows; the same faces laugh harder as their
counterpart. Calm faces grimace and laugh as well. All carry an emotion label, which plain warps do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets import ferplus
from models.datasets.landmarker import find_mesh, landmarker
from models.preprocess import CROP_PX, align, luminance
from models.recipes.face112_data import VERSION, FaceSet, Progress, ferplus_meshes, is_held_out
from models.spec import AUS, EMOTIONS
from models.training.warps import Style, warp
from models.training.weak_labels import jaw_intensities, lip_gap_intensity, weak_intensities

UNPLEASANT = {"anger": 0.35, "disgust": 0.2, "sadness": 0.25, "fear": 0.2}
"""Emotion distribution of a simulated grimace: FER+ knows no pain, and pain resembles these."""


@dataclass(frozen=True, slots=True)
class Smile:
    """A smiling face: grey crop, (478, 2) crop landmarks, and its (U,) weak AU labels."""

    crop: NDArray[np.uint8]
    landmarks: NDArray[np.float64]
    au: NDArray[np.float32]


def ferplus_smiles(data: ferplus.FerPlus, meshes: dict[str, NDArray[Any]]) -> list[Smile]:
    """Training faces of FER+ in which happiness has the majority."""
    rows = np.flatnonzero(
        (ferplus.majority(data.votes) == 1)
        & (data.usage == ferplus.TRAINING)
        & np.isfinite(meshes["landmarks"]).all(axis=(1, 2))
    )
    votes, _ = ferplus.soft_labels(data.votes[rows])
    names = [str(name) for name in meshes["names"]]
    au, _ = weak_intensities(meshes["landmarks"][rows].astype(np.float64), meshes["shapes"][rows], names, votes)
    found = []
    for row, label in zip(rows, au, strict=True):
        crop = align(data.images[row], meshes["landmarks"][row])
        found.append(Smile(luminance(crop.pixels), crop.landmarks.astype(np.float64), label))
    return found


def ferplus_calm(data: ferplus.FerPlus, meshes: dict[str, NDArray[Any]]) -> list[Smile]:
    """Every third neutral training face of FER+, as faces that show nothing."""
    rows = np.flatnonzero(
        (ferplus.majority(data.votes) == 0)
        & (data.usage == ferplus.TRAINING)
        & np.isfinite(meshes["landmarks"]).all(axis=(1, 2))
    )[::3]
    crops = [align(data.images[row], meshes["landmarks"][row]) for row in rows]
    nothing = np.zeros(len(AUS), np.float32)
    return [Smile(luminance(crop.pixels), crop.landmarks.astype(np.float64), nothing) for crop in crops]


def lab_smiles(folder: Path, asset: Path, held_out: set[str]) -> list[Smile]:
    """Smiling faces of the London set, but for the people in ``held_out`` (numbers as in the file names)."""
    found = []
    with landmarker(asset) as detector:
        for picture in sorted((folder / "london").glob("*_smiling.jpg")):
            if picture.name.split("_")[0] in held_out:
                continue
            pixels = np.asarray(cv2.imread(str(picture)), dtype=np.uint8)
            mesh = find_mesh(detector, pixels)
            if mesh is not None:
                crop = align(pixels, mesh.landmarks)
                shown = {"AU06": 2.2, "AU07": 0.5, "AU10": 0.8, "AU12": 3.6}
                au = np.array([shown.get(unit, 0.0) for unit in AUS], np.float32)
                measure_mouth(au, crop.landmarks.astype(np.float64))
                found.append(Smile(luminance(crop.pixels), crop.landmarks.astype(np.float64), au))
    return found


def draw_grimace(rng: np.random.Generator, smile: float) -> dict[str, float]:
    """A grimace on a face that smiles at intensity ``smile``: the smile taken back, brows, lids and nose drawn."""
    strength = {"AU04": float(rng.uniform(1.0, 5)), "AU25": float(rng.uniform(0.0, 2.5))}
    if smile >= 1.0:
        strength["AU12"] = -float(rng.uniform(0.35, 0.75)) * max(smile, 2.5)
    strength |= {unit: float(rng.uniform(1, 5)) for unit in ("AU07", "AU09", "AU10") if rng.random() < 0.65}
    if rng.random() < 0.8:
        strength["AU20"] = float(rng.uniform(1, 5))
    if rng.random() < 0.45:
        strength["AU43"] = 1.0
    return strength


def draw_laugh(rng: np.random.Generator, smile: float) -> dict[str, float]:
    """The same face laughing harder: cheeks and lids squeezed, corners further up, brows as they were."""
    strength = {"AU12": float(rng.uniform(0, 2) if smile >= 1.0 else rng.uniform(3, 5))}
    strength["AU06"] = float(rng.uniform(0, 4))
    strength |= {unit: float(rng.uniform(0.5, 4)) for unit in ("AU07", "AU25") if rng.random() < 0.5}
    if rng.random() < 0.25:
        strength["AU43"] = 1.0
    return strength


def measure_mouth(label: NDArray[np.float32], moved: NDArray[np.float64]) -> None:
    """Writes AU25, AU26 and AU27 into the (U,) ``label`` as measured on (478, 2) landmarks."""
    label[AUS.index("AU25")] = lip_gap_intensity(moved)
    label[AUS.index("AU26")], label[AUS.index("AU27")] = jaw_intensities(moved)


def grimace_label(
    smile: Smile, strength: dict[str, float], style: Style, moved: NDArray[np.float64], *, laugh: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(U,) labels and (U,) weights: what the face showed before plus what was put on; a smile taken back is gone."""
    label, weight = smile.au.copy(), np.full(len(AUS), 0.5, np.float32)
    for column, unit in enumerate(AUS):
        put_on = strength.get(unit, 0.0) * style.gain
        before = 0.0 if put_on < 0 else float(smile.au[column])
        label[column] = min(5.0, max(0.0, before + put_on))
        weight[column] = 1.0 if put_on else 0.5
    measure_mouth(label, moved)
    label[AUS.index("AU43")] = float(strength.get("AU43", 0.0) > 0.9)
    if not laugh:
        weight[AUS.index("AU06")] = 0.0
    return label, weight


def prepare_grimaces(smiles: list[Smile], count: int, seed: int, progress: Progress) -> FaceSet:
    """``count`` crops, 60% grimaces and 40% laughs, with AU and emotion labels."""
    rng = np.random.default_rng(seed)
    crops = np.empty((count, CROP_PX, CROP_PX), np.uint8)
    au = np.empty((count, len(AUS)), np.float32)
    au_weight = np.empty_like(au)
    emotion = np.zeros((count, len(EMOTIONS)), np.float32)
    for index in range(count):
        smile = smiles[int(rng.integers(len(smiles)))]
        laugh, style = bool(rng.random() < 0.4), Style.draw(rng)
        before = float(smile.au[AUS.index("AU12")])
        strength = draw_laugh(rng, before) if laugh else draw_grimace(rng, before)
        crops[index], moved = warp(smile.crop, smile.landmarks, strength, style, rng)
        au[index], au_weight[index] = grimace_label(smile, strength, style, moved, laugh=laugh)
        for name, share in ({"happiness": 1.0} if laugh else UNPLEASANT).items():
            emotion[index, EMOTIONS.index(name)] = share
        if index % 200 == 0:
            progress("grimaces made of smiles", index, count)
    return FaceSet(
        crops=crops,
        valid=np.ones(crops.shape, bool),
        emotion=emotion,
        emotion_weight=np.full(count, 0.5, np.float32),
        au=au,
        au_weight=au_weight,
        majority=np.full(count, -1),
        split=np.zeros(count, np.int64),
    )


def prepare(folder: Path, asset: Path, work: Path, progress: Progress, *, count: int = 14000) -> FaceSet:
    """The grimaces and laughs, from the cache or made anew; needs what ``face112_data.prepare`` left in ``work``."""
    cache = work / f"grimaces-{VERSION}.npz"
    if not cache.is_file():
        data = ferplus.load(folder / "ferplus_train_valid.npz")
        meshes = ferplus_meshes(data.images, asset, work / "ferplus_meshes.npz", progress)
        people = sorted(picture.name.split("_")[0] for picture in (folder / "london").glob("*_neutral.jpg"))
        held_out = {person for position, person in enumerate(people) if is_held_out(position)}
        smiles = ferplus_smiles(data, meshes) + ferplus_calm(data, meshes) + lab_smiles(folder, asset, held_out) * 20
        prepare_grimaces(smiles, count, 9, progress).save(cache)
    return FaceSet.load(cache)
