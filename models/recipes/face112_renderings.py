"""Rendered faces with known AUs for the face network: deterministic, cached; nobody held out lends a skin."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import DataMissing
from models.preprocess import CROP_PX, align, luminance
from models.recipes.face112_data import FaceSet, is_held_out
from models.spec import AUS
from models.training import face_model
from models.training.au_shapes import draw_expression, labels_of, shapes_of
from models.training.mesh_points import find_surface
from models.training.rendering import PICTURE_PX, Look, Rendering, Surface, render
from models.training.skin import Skin, lab_skins
from models.training.weak_labels import jaw_intensities, lip_gap_intensity

Progress = Callable[[str, int, int], None]
F32 = NDArray[np.float32]
VERSION = 3
"""Of what a rendering looks like; a cache of another one is made anew."""
SEED = 20261121
"""Of everything that is rendered to learn from."""
TRAINING_STREAM, TEST_STREAM = 1, 2
"""Second number of the seed: identities and looks for training and for testing never come from one stream."""


@dataclass(frozen=True, slots=True)
class Studio:
    """What renderings are made of: mesh, its surface points, skins, and each skin laid onto the mesh (V, 2)."""

    model: face_model.FaceModel
    surface: Surface
    skins: tuple[Skin, ...]
    laid: tuple[F32, ...]


@dataclass(frozen=True, slots=True)
class RenderedFace:
    """``crop`` (112, 112) grey with (478, 2) ``landmarks`` in its px; ``au`` and ``weight`` in the order of AUS."""

    crop: NDArray[np.uint8]
    valid: NDArray[np.bool_]
    landmarks: F32
    au: F32
    weight: F32
    skin: str
    """Whose skin it is."""


def open_studio(data: Path, asset: Path, *, held_out: bool = False) -> Studio:
    """The studio with the skins of the training people, or of those held out."""
    model = face_model.load(data / "ict_facekit")
    everyone = lab_skins(data, asset)
    training = [skin for position, skin in enumerate(everyone) if not is_held_out(position)]
    if not training:
        raise DataMissing(f"{data}: the landmarker finds no face on the lab photographs")
    surface = find_surface(model, training[:8], asset)
    skins = [skin for position, skin in enumerate(everyone) if is_held_out(position)] if held_out else training
    return Studio(model, surface, tuple(skins), tuple(surface.lay(skin) for skin in skins))


def draw_person(studio: Studio, rng: np.random.Generator) -> F32:
    """(V, 3) neutral face of a random identity."""
    modes = np.clip(rng.normal(0.0, 0.9, len(studio.model.identity)), -2.2, 2.2)
    return studio.model.person(modes.astype(np.float32))


def draw_look(studio: Studio, rng: np.random.Generator) -> Look:
    """A random skin, pose (within ±25°), light and background."""
    which = int(rng.integers(len(studio.skins)))
    yaw, pitch, roll = np.clip(rng.normal(0.0, [11.0, 8.0, 6.0]), -25, 25)
    towards = rng.normal([0.0, 0.25, 0.9], [0.45, 0.3, 0.15])
    return Look(
        skin=studio.skins[which],
        laid=studio.laid[which],
        behind=_draw_background(studio, rng) if rng.random() < 0.55 else None,
        yaw=float(yaw),
        pitch=float(pitch),
        roll=float(roll),
        light=(float(towards[0]), float(towards[1]), float(max(towards[2], 0.2))),
        ambient=float(rng.uniform(0.3, 0.75)),
        relief=float(rng.uniform(0.0, 1.3)),
        fold=float(rng.uniform(2.0, 10.0)),
        teeth=float(rng.uniform(150, 235)),
        lashes=float(rng.uniform(0.0, 0.22)),
        distance_cm=float(rng.uniform(45, 120)),
        behind_blur_px=float(rng.uniform(0.3, 4.0)),
        seed=int(rng.integers(2**31)),
    )


def _draw_background(studio: Studio, rng: np.random.Generator) -> NDArray[np.uint8]:
    if rng.random() < 0.6:
        photo = studio.skins[int(rng.integers(len(studio.skins)))].photo
        top, left = (int(rng.integers(0, max(1, side // 2))) for side in photo.shape)
        patch = photo[top : top + photo.shape[0] // 2, left : left + photo.shape[1] // 2]
        large = cv2.resize(patch, (PICTURE_PX, PICTURE_PX), interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.GaussianBlur(large, (0, 0), float(rng.uniform(3, 15))), dtype=np.uint8)
    cells = int(rng.integers(2, 14))
    dark, bright = sorted(rng.uniform(0, 255, 2))
    coarse = rng.uniform(dark, bright, (cells, cells)).astype(np.float32)
    large = cv2.resize(coarse, (PICTURE_PX, PICTURE_PX), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(large, 0, 255), dtype=np.uint8)


def make_face(
    studio: Studio, person: F32, strength: dict[str, float], look: Look, sides: tuple[float, float] = (1.0, 1.0)
) -> RenderedFace:
    """The aligned crop of ``person`` (V, 3) with AU ``strength``, and what it shows."""
    shapes = shapes_of(strength, sides)
    picture = render(studio.model, studio.surface, person, shapes, look)
    lips = parted_lips(studio, person, shapes, picture.mouth_px > 0)
    au, weight = labels_of(strength, lip_gap_intensity(lips), jaw_intensities(lips))
    return aligned(picture, np.array(au, np.float32), np.array(weight, np.float32), look.skin.person)


def parted_lips(studio: Studio, person: F32, shapes: Mapping[str, float], open_mouth: bool) -> NDArray[np.float64]:
    """(478, 2) frontal points, cm, whose inner lips are as far apart as the expression has parted them.

    A rest that the mesh leaves between closed lips does not count, nor lips that hide the mouth.
    """
    points = studio.surface.points(studio.model.posed(person, shapes)[:, :2]).astype(np.float64)
    rest = studio.surface.points(person[:, :2]).astype(np.float64)
    gap = (points[13, 1] - points[14, 1]) - max(0.0, rest[13, 1] - rest[14, 1])
    points[14] = points[13] - [0.0, max(0.0, gap) if open_mouth else 0.0]
    return points


def aligned(picture: Rendering, au: F32, weight: F32, skin: str) -> RenderedFace:
    """The crop that the program would make of ``picture``."""
    crop = align(picture.pixels, picture.landmarks)
    inside = np.full(picture.pixels.shape, 255, np.uint8)
    valid = luminance(align(inside, picture.landmarks).pixels) > 250
    return RenderedFace(luminance(crop.pixels), valid, crop.landmarks, au, weight, skin)


def draw_face(studio: Studio, rng: np.random.Generator) -> RenderedFace:
    """A random person with a random expression, asymmetric a little, under a random look."""
    person, strength, look = draw_person(studio, rng), draw_expression(rng), draw_look(studio, rng)
    tilt = float(np.clip(rng.normal(0.0, 0.1), -0.25, 0.25))
    face = make_face(studio, person, strength, look, (1 + tilt, 1 - tilt))
    gamma = float(np.exp(rng.normal(0.0, 0.15)))
    bent = (255.0 * (face.crop / 255.0) ** gamma).astype(np.uint8)
    return replace(face, crop=bent)


def draw_faces(studio: Studio, count: int, seed: tuple[int, int], progress: Progress) -> FaceSet:
    """``count`` random faces as a set without emotions; each depends on ``seed`` and its own number alone."""
    crops = np.empty((count, CROP_PX, CROP_PX), np.uint8)
    valid = np.empty(crops.shape, bool)
    au, weight = np.empty((count, len(AUS)), np.float32), np.empty((count, len(AUS)), np.float32)
    for number in range(count):
        face = draw_face(studio, np.random.default_rng([*seed, number]))
        crops[number], valid[number], au[number], weight[number] = face.crop, face.valid, face.au, face.weight
        if number % 200 == 0:
            progress("rendered faces", number, count)
    return FaceSet(
        crops=crops,
        valid=valid,
        emotion=np.zeros((count, 8), np.float32),
        emotion_weight=np.zeros(count, np.float32),
        au=au,
        au_weight=weight,
        majority=np.full(count, -1),
        split=np.zeros(count, np.int64),
    )


def prepare_renderings(
    data: Path, asset: Path, work: Path, progress: Progress, *, count: int = 12000, seed: int = SEED
) -> FaceSet:
    """``count`` rendered training faces, from ``work/renderings.npz`` where it was made by the same recipe, or anew.

    DataMissing when ``data`` lacks the mesh or the lab photographs.
    """
    work.mkdir(parents=True, exist_ok=True)
    cache, made_by = work / "renderings.npz", work / "renderings.json"
    recipe = {"version": VERSION, "count": count, "seed": seed, "aus": list(AUS)}
    if cache.is_file() and made_by.is_file() and json.loads(made_by.read_text(encoding="utf-8")) == recipe:
        return FaceSet.load(cache)
    faces = draw_faces(open_studio(data, asset), count, (seed, TRAINING_STREAM), progress)
    faces.save(cache)
    made_by.write_text(json.dumps(recipe) + "\n", encoding="utf-8")
    return faces
