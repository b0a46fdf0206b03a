"""Data of the shipped face network: aligned FER+ crops with votes and weak AU labels, and warped neutral faces.

Deterministic; every step is cached in the work folder. Nothing of it is ever committed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.action_units import ActionUnit
from models.datasets import ferplus
from models.datasets.landmarker import find_mesh, find_mesh_enlarged, landmarker
from models.errors import DataMissing
from models.preprocess import CROP_PX, TEMPLATE, align, anchors, luminance, similarity
from models.regions import hull_mask, region_mask
from models.spec import AUS
from models.training.warps import CONFUSERS, Style, warp
from models.training.weak_labels import jaw_intensities, lip_gap_intensity, weak_intensities

Progress = Callable[[str, int, int], None]
_MEASURED = ("AU26", "AU27", "AU43")
"""Units that no warp puts on by themselves: what parted lips show of the first two is measured."""
VERSION = 3
"""Of labels and warps; caches of another one are made anew."""
LAB_FOLDS = 4
"""Every fourth person of the lab sets is held out from training."""


@dataclass(frozen=True, slots=True)
class FaceSet:
    """``crops`` (N, 112, 112) uint8 grey, ``valid`` (N, 112, 112) bool: inside the picture; labels per crop.

    ``emotion`` (N, 8) distribution with ``emotion_weight`` (N,); ``au`` (N, U) with ``au_weight`` (N, U);
    ``majority`` (N,) class or -1; ``split`` (N,) 0 training, 1 validation.
    """

    crops: NDArray[np.uint8]
    valid: NDArray[np.bool_]
    emotion: NDArray[np.float32]
    emotion_weight: NDArray[np.float32]
    au: NDArray[np.float32]
    au_weight: NDArray[np.float32]
    majority: NDArray[np.int64]
    split: NDArray[np.int64]

    def joined(self, other: FaceSet) -> FaceSet:
        """Both sets, one after the other."""
        return FaceSet(**{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__})

    def save(self, path: Path) -> None:
        """Writes the set as ``.npz``, validity bit-packed."""
        partial = path.with_suffix(".partial.npz")
        columns = {name: getattr(self, name) for name in self.__slots__ if name != "valid"}
        np.savez(partial, valid=np.packbits(self.valid, axis=-1), **columns)
        partial.replace(path)

    @staticmethod
    def load(path: Path) -> FaceSet:
        """Reads what ``save`` wrote."""
        with np.load(path, allow_pickle=False) as archive:
            columns = {name: archive[name] for name in archive.files if name != "valid"}
            valid = np.unpackbits(archive["valid"], axis=-1).astype(bool)
        return FaceSet(valid=valid, **columns)


def ferplus_meshes(images: NDArray[np.uint8], asset: Path, cache: Path, progress: Progress) -> dict[str, NDArray[Any]]:
    """``landmarks`` (N, 478, 2) in FER+ px (NaN where no face was found), ``shapes`` (N, 52) and their ``names``."""
    if cache.is_file():
        with np.load(cache, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    landmarks = np.full((len(images), 478, 2), np.nan, np.float32)
    shapes = np.zeros((len(images), 52), np.float32)
    names: list[str] = []
    with landmarker(asset, blendshapes=True) as detector:
        for index, image in enumerate(images):
            mesh = find_mesh_enlarged(detector, image)
            if mesh is not None:
                if not mesh.blendshapes:
                    raise DataMissing(
                        f"{asset}: carries no blendshapes, which weak AU labels need; use the published asset"
                    )
                names = names or sorted(mesh.blendshapes)
                landmarks[index] = mesh.landmarks
                shapes[index] = [mesh.blendshapes[name] for name in names]
            if index % 200 == 0:
                progress("landmarks of FER+", index, len(images))
    np.savez(cache, landmarks=landmarks, shapes=shapes, names=np.array(names))
    return {"landmarks": landmarks, "shapes": shapes, "names": np.array(names)}


def fixed_landmarks(meshes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(478, 2) mean mesh, used for a picture in which no face is found."""
    return np.asarray(np.nanmean(meshes, axis=0), dtype=np.float32)


def prepare_ferplus(data: ferplus.FerPlus, meshes: dict[str, NDArray[Any]]) -> FaceSet:
    """All rows that can be trained or validated on, aligned by ``models.preprocess.align``."""
    emotion, usable = ferplus.soft_labels(data.votes)
    majority = ferplus.majority(data.votes)
    keep = np.where(data.usage == ferplus.TRAINING, usable, majority >= 0)
    images, landmarks = data.images[keep], meshes["landmarks"][keep]
    fallback = fixed_landmarks(meshes["landmarks"])
    crops = np.empty((len(images), CROP_PX, CROP_PX), np.uint8)
    valid = np.empty(crops.shape, bool)
    inside = np.full(images.shape[1:], 255, np.uint8)
    for index, (image, mesh) in enumerate(zip(images, landmarks, strict=True)):
        points = mesh if np.isfinite(mesh).all() else fallback
        crops[index] = luminance(align(image, points).pixels)
        valid[index] = luminance(align(inside, points).pixels) > 250
    au, au_weight = weak_intensities(
        landmarks.astype(np.float64), meshes["shapes"][keep], [str(n) for n in meshes["names"]], emotion[keep]
    )
    return FaceSet(
        crops=crops,
        valid=valid,
        emotion=emotion[keep],
        emotion_weight=np.ones(len(images), np.float32),
        au=au,
        au_weight=0.35 * au_weight,
        majority=majority[keep],
        split=data.usage[keep],
    )


def mean_regions(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 478, 2) landmarks in picture px → (U + 1, 112, 112) mean region of every AU and of the face in the crop."""
    total = np.zeros((len(AUS) + 1, CROP_PX, CROP_PX), np.float32)
    for mesh in landmarks:
        to_crop = similarity(anchors(mesh), TEMPLATE * CROP_PX)
        points = (mesh.astype(np.float64) @ to_crop[:, :2].T + to_crop[:, 2]).astype(np.float32)
        for column, unit in enumerate(AUS):
            total[column] += region_mask(ActionUnit(unit), points, CROP_PX)
        total[-1] += hull_mask(points, CROP_PX)
    return total / np.float32(max(1, len(landmarks)))


def known_regions(data: ferplus.FerPlus, meshes: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
    """``mean_regions`` of every twentieth FER+ training face in which a face was found."""
    known = np.flatnonzero((data.usage == ferplus.TRAINING) & np.isfinite(meshes["landmarks"]).all(axis=(1, 2)))
    return mean_regions(meshes["landmarks"][known[::20]])


def lab_faces(folder: Path, asset: Path) -> list[tuple[str, NDArray[np.uint8], NDArray[np.float32]]]:
    """(identity, grey crop, crop landmarks) of every neutral face of the London and the Young Adult sets."""
    pictures = sorted((folder / "london").glob("*_neutral.jpg")) + sorted((folder / "canada").glob("*.jpg"))
    if not pictures:
        raise DataMissing(f"{folder}: no london/*_neutral.jpg and canada/*.jpg")
    faces = []
    with landmarker(asset) as detector:
        for picture in pictures:
            pixels = np.asarray(cv2.imread(str(picture)), dtype=np.uint8)
            mesh = find_mesh(detector, pixels)
            if mesh is not None:
                crop = align(pixels, mesh.landmarks)
                faces.append((f"{picture.parent.name}/{picture.stem}", luminance(crop.pixels), crop.landmarks))
    return faces


def draw_strength(rng: np.random.Generator) -> dict[str, float]:
    """A random mixture of AUs: single ones, grimaces, laughs, disgust, or only movements that mean no output."""
    kind = rng.choice(["single", "pain", "laugh", "disgust", "none"], p=[0.38, 0.24, 0.13, 0.08, 0.17])

    def level(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    strength: dict[str, float] = {}
    if kind == "single":
        for unit in rng.choice([u for u in AUS if u not in _MEASURED], size=int(rng.integers(1, 4)), replace=False):
            strength[str(unit)] = level(0, 5)
    elif kind == "pain":
        strength = {unit: level(0.5, 5) for unit in ("AU04", "AU06", "AU07") if rng.random() < 0.85}
        strength |= {unit: level(0.5, 4.5) for unit in ("AU09", "AU10") if rng.random() < 0.65}
        if rng.random() < 0.5:
            strength["AU25"] = level(0.3, 3)
        if rng.random() < 0.4:
            strength["AU20"] = level(1, 5)
        if rng.random() < 0.35:
            strength["AU43"] = 1.0
    elif kind == "laugh":
        strength = {"AU12": level(2, 5), "AU06": level(1, 5)}
        strength |= {unit: level(0.5, 4) for unit in ("AU25", "AU07", "AU10") if rng.random() < 0.6}
    elif kind == "disgust":
        strength = {"AU09": level(1, 5), "AU10": level(0.5, 4)}
    for unit in ("AU01", "AU02", *CONFUSERS):
        if rng.random() < (0.35 if kind == "none" else 0.07):
            strength[unit] = level(0.5, 4)
    if "AU43" not in strength and rng.random() < 0.25:
        strength["AU43"] = 1.0 if rng.random() < 0.6 else level(0.0, 0.45)
    return strength


def draw_training_strength(rng: np.random.Generator) -> dict[str, float]:
    """``draw_strength``, and in every sixth face the rest of which pain must be told: sleep, blinks, yawns, talk."""
    if rng.random() >= 0.16:
        return draw_strength(rng)
    kind = str(rng.choice(["asleep", "yawn", "talk"], p=[0.45, 0.25, 0.3]))
    strength: dict[str, float] = {}
    if kind == "asleep":
        strength["AU43"] = 1.0
        if rng.random() < 0.35:
            strength["AU25"] = float(rng.uniform(0.3, 2.5))
    elif kind == "yawn":
        strength = {"AU25": float(rng.uniform(3.5, 5.0)), "AU43": 1.0 if rng.random() < 0.6 else 0.0}
        if rng.random() < 0.4:
            strength["AU02"] = float(rng.uniform(0.5, 2.5))
    else:
        strength["AU25"] = float(rng.uniform(0.5, 4.0))
        strength |= {unit: float(rng.uniform(0.5, 3.0)) for unit in ("AU18", "AU20", "AU01") if rng.random() < 0.4}
        if rng.random() < 0.3:
            strength["AU43"] = 1.0
    return strength


def label(strength: dict[str, float], style: Style, moved: NDArray[np.float64]) -> NDArray[np.float32]:
    """(U,) intensities as shown: the drawn strength times the style's gain; AU25, 26, 27 measured on the moved lips."""
    shown = {unit: min(5.0, strength.get(unit, 0.0) * style.gain) for unit in AUS}
    shown["AU25"] = lip_gap_intensity(moved)
    shown["AU26"], shown["AU27"] = jaw_intensities(moved)
    shown["AU43"] = float(strength.get("AU43", 0.0) > 0.9)
    return np.array([shown[unit] for unit in AUS], dtype=np.float32)


def prepare_warps(
    faces: list[tuple[str, NDArray[np.uint8], NDArray[np.float32]]],
    weights: NDArray[np.float64],
    count: int,
    seed: int,
    progress: Progress,
) -> FaceSet:
    """``count`` warped crops of ``faces`` drawn with ``weights``."""
    rng = np.random.default_rng(seed)
    crops = np.empty((count, CROP_PX, CROP_PX), np.uint8)
    au = np.empty((count, len(AUS)), np.float32)
    for index, which in enumerate(rng.choice(len(faces), size=count, p=weights / weights.sum())):
        _, crop, points = faces[which]
        style, strength = Style.draw(rng), draw_training_strength(rng)
        crops[index], moved = warp(
            crop, points.astype(np.float64), strength, style, rng, identity=float(rng.choice([0.0, 0.8, 1.6]))
        )
        au[index] = label(strength, style, moved)
        if index % 200 == 0:
            progress("warped faces", index, count)
    weight = np.ones_like(au)
    return FaceSet(
        crops=crops,
        valid=np.ones(crops.shape, bool),
        emotion=np.zeros((count, 8), np.float32),
        emotion_weight=np.zeros(count, np.float32),
        au=au,
        au_weight=weight,
        majority=np.full(count, -1),
        split=np.zeros(count, np.int64),
    )


def is_held_out(position: int) -> bool:
    """Whether the lab face at ``position`` (sorted by name) is kept from training."""
    return position % LAB_FOLDS == 0


def prepare_votes(folder: Path, asset: Path, work: Path, progress: Progress) -> tuple[FaceSet, NDArray[np.float32]]:
    """The FER+ set and the mean regions (U + 1, 112, 112), from the cache or made anew."""
    work.mkdir(parents=True, exist_ok=True)
    cache, regions = work / f"ferplus-{VERSION}.npz", work / "regions.npy"
    if not (cache.is_file() and regions.is_file()):
        data = ferplus.load(folder / "ferplus_train_valid.npz")
        meshes = ferplus_meshes(data.images, asset, work / "ferplus_meshes.npz", progress)
        np.save(regions, known_regions(data, meshes))
        prepare_ferplus(data, meshes).save(cache)
    return FaceSet.load(cache), np.load(regions, allow_pickle=False)


def calm_faces(
    folder: Path, asset: Path, work: Path, progress: Progress
) -> tuple[list[tuple[str, NDArray[np.uint8], NDArray[np.float32]]], NDArray[np.float64]]:
    """Neutral training faces to be warped, of the lab sets and of FER+, and how often each is drawn: half and half."""
    data = ferplus.load(folder / "ferplus_train_valid.npz")
    meshes = ferplus_meshes(data.images, asset, work / "ferplus_meshes.npz", progress)
    lab = [face for position, face in enumerate(lab_faces(folder, asset)) if not is_held_out(position)]
    calm = ferplus.majority(data.votes) == 0
    calm &= (data.usage == ferplus.TRAINING) & np.isfinite(meshes["landmarks"]).all(axis=(1, 2))
    web = []
    for row in np.flatnonzero(calm):
        crop = align(data.images[row], meshes["landmarks"][row])
        web.append((f"ferplus/{data.row[row]}", luminance(crop.pixels), crop.landmarks))
    return lab + web, np.concatenate([np.full(len(lab), 0.5 / len(lab)), np.full(len(web), 0.5 / len(web))])


def prepare(
    folder: Path, asset: Path, work: Path, progress: Progress, *, warps: int = 18000
) -> tuple[FaceSet, FaceSet, NDArray[np.float32]]:
    """The FER+ set, the warped set and the mean regions (U + 1, 112, 112), from the cache or made anew."""
    fer, regions = prepare_votes(folder, asset, work, progress)
    cache = work / f"warps-{VERSION}.npz"
    if not cache.is_file():
        prepare_warps(*calm_faces(folder, asset, work, progress), warps, 7, progress).save(cache)
    return fer, FaceSet.load(cache), regions
