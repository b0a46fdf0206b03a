"""Rendered people among the stand-ins: invented heads of ICT-FaceKit that wear a photographed skin.

Shapes and skins are those of the shipped model's training (``models.training.rendering``). A person is an identity of
the mesh, drawn by seed, and somebody's photograph; what moves is the mesh, so lids, lips and folds are a third kind of
picture beside drawings and warped photographs. Rendered pictures are grey.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.stand_in_mesh import calm_mesh
from models.datasets.stand_in_movements import UNITS
from models.datasets.stand_in_people import PhotographOf, photograph
from models.preprocess import anchors, similarity
from models.training.au_shapes import SNEER_LIFTS, shapes_of
from models.training.face_model import FaceModel, load
from models.training.mesh_points import find_surface
from models.training.rendering import PICTURE_PX, Look, Surface, project, render
from models.training.skin import Skin, skin_of

F32 = NDArray[np.float32]
LOOKED_AT = 4
"""Skins in which the mesh is shown to the landmarker, to learn where MediaPipe's points lie on it."""


@dataclass(frozen=True, slots=True)
class RenderingOf:
    """An invented head: its identity by ``seed``, whose ``skin`` it wears, and the folder of the mesh.

    ``look`` are skins in which the landmarker, ``asset``, looks at the mesh once a process; the same for all of a set.
    """

    seed: int
    skin: PhotographOf
    kit: Path
    asset: Path
    look: tuple[PhotographOf, ...]


def rendered_people(kit: Path, asset: Path, skins: tuple[PhotographOf, ...], seed: int) -> tuple[RenderingOf, ...]:
    """One invented head for each of ``skins``, from the ``ict_facekit`` folder ``kit``."""
    return tuple(RenderingOf(1000 * seed + n, skin, kit, asset, skins[:LOOKED_AT]) for n, skin in enumerate(skins))


def rendered(
    face: RenderingOf, strength: F32, tilt: float, picture_px: int, wall: F32, rng: np.random.Generator
) -> tuple[F32, F32]:
    """(P, P, 3) float32 grey in BGR before ``wall`` (P, P, 3), and the (478, 2) px of its points."""
    model, surface, skin, laid, person = _head(face)
    behind = cv2.resize(wall.mean(axis=2), (PICTURE_PX, PICTURE_PX), interpolation=cv2.INTER_AREA)
    look = _look(skin, laid, rng, np.clip(behind, 0, 255).astype(np.uint8))
    picture = render(model, surface, person, shapes_of(_named(strength), (1 + tilt, 1 - tilt)), look)
    matrix = _upright(picture.landmarks, picture_px)
    placed = cv2.warpAffine(
        picture.pixels, matrix, (picture_px, picture_px), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    return np.repeat(placed.astype(np.float32)[..., None], 3, axis=2), _moved(picture.landmarks, matrix)


def points_of(face: RenderingOf, strength: F32, tilt: float, picture_px: int, rng: np.random.Generator) -> F32:
    """(478, 2) px: where ``rendered`` puts MediaPipe's points, without rendering."""
    model, surface, skin, laid, person = _head(face)
    look = _look(skin, laid, rng, None)
    posed = model.posed(person, shapes_of(_named(strength), (1 + tilt, 1 - tilt)))
    seen = surface.points(project(model, posed, person, look)[0][:, :2])
    return _moved(seen, _upright(seen, picture_px))


def as_shown(strength: F32) -> F32:
    """(N, U) what rendered faces show of the ``strength`` they were given: a sneer lifts the upper lip too."""
    shown = strength.copy()
    lip, sneer = UNITS.index("AU10"), UNITS.index("AU09")
    shown[:, lip] = np.minimum(5.0, shown[:, lip] + SNEER_LIFTS * shown[:, sneer])
    return shown


def _named(strength: F32) -> dict[str, float]:
    return {unit: float(level) for unit, level in zip(UNITS, strength, strict=True) if level}


def _look(skin: Skin, laid: F32, rng: np.random.Generator, behind: NDArray[np.uint8] | None) -> Look:
    """A slightly turned head under some light; one stream of numbers, so that points and picture agree."""
    yaw, pitch, roll = np.clip(rng.normal(0.0, [7.0, 5.0, 3.0]), -16, 16)
    towards = rng.normal([0.0, 0.25, 0.9], [0.35, 0.2, 0.1])
    return Look(
        skin=skin,
        laid=laid,
        behind=behind,
        yaw=float(yaw),
        pitch=float(pitch),
        roll=float(roll),
        light=(float(towards[0]), float(towards[1]), float(max(towards[2], 0.3))),
        ambient=float(rng.uniform(0.4, 0.75)),
        lashes=float(rng.uniform(0.05, 0.2)),
        seed=int(rng.integers(2**31)),
    )


def _upright(points: F32, picture_px: int) -> NDArray[np.float64]:
    """(2, 3) map that puts the aligned crop where all stand-ins have it."""
    return similarity(anchors(points), anchors(calm_mesh(picture_px)))


def _moved(points: F32, matrix: NDArray[np.float64]) -> F32:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


@lru_cache(maxsize=32)
def _head(face: RenderingOf) -> tuple[FaceModel, Surface, Skin, F32, F32]:
    """Mesh, its points, skin, the skin laid onto it (V, 2) and the calm head (V, 3)."""
    model, surface = _studio(face.kit, face.asset, face.look)
    skin = skin_of(face.skin.person, *photograph(face.skin))
    modes = np.clip(np.random.default_rng([face.seed, 13]).normal(0.0, 0.9, len(model.identity)), -2.2, 2.2)
    return model, surface, skin, surface.lay(skin), model.person(modes.astype(np.float32))


@lru_cache(maxsize=2)
def _studio(kit: Path, asset: Path, look: tuple[PhotographOf, ...]) -> tuple[FaceModel, Surface]:
    model = load(kit)
    return model, find_surface(model, [skin_of(one.person, *photograph(one)) for one in look], asset)
