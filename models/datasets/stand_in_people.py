"""Who is on the stand-ins' pictures: invented, drawn people, or the lab photographs where their folder is given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.stand_in_drawing import Traits, draw_traits, paint, shaped
from models.datasets.stand_in_mesh import CROP_SHARE, calm_mesh
from models.datasets.stand_in_movements import Muscles, muscles_of
from models.errors import DataMissing
from models.preprocess import anchors, similarity

F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PhotographOf:
    """A photograph to make a stand-in of: its file and the (478, 2) points on it, as bytes of float32."""

    person: str
    file: Path
    points: bytes


Face = Traits | PhotographOf


@dataclass(frozen=True, slots=True)
class Person:
    """A calm face: ``pixels`` (P, P, 3) BGR, ``alpha`` (P, P) where the person is, ``points`` (478, 2) px."""

    pixels: NDArray[np.uint8]
    alpha: F32
    points: F32
    muscles: Muscles


@lru_cache(maxsize=48)
def person(face: Face, picture_px: int) -> Person:
    """The person ready to move, in a picture of side ``picture_px``; kept for the next frames."""
    if isinstance(face, Traits):
        points = shaped(face, picture_px)
        pixels, alpha = paint(face, points, picture_px)
    else:
        pixels, points = _photographed(face, picture_px)
        alpha = np.ones((picture_px, picture_px), np.float32)
    return Person(pixels, alpha, points, muscles_of(points, picture_px))


def drawn_people(count: int, seed: int, *, lips_tell: float = 0.6) -> tuple[Traits, ...]:
    """``count`` invented people; the n-th of a seed is always the same."""
    return tuple(draw_traits(1000 * seed + number, lips_tell=lips_tell) for number in range(count))


def lab_people(data: Path, landmarker: Path, count: int, after: int = 0) -> tuple[PhotographOf, ...]:
    """Up to ``count`` people of ``data/london`` and ``data/canada`` with calm faces, found by the landmarker asset.

    The first ``after`` photographs are left to other sets.

    DataMissing where there are no photographs or the asset is not there.
    """
    from models.datasets.landmarker import find_mesh
    from models.datasets.landmarker import landmarker as opened

    files = sorted((data / "london").glob("*_neutral.jpg")) + sorted((data / "canada").glob("*.jpg"))
    if not files:
        raise DataMissing(f"{data}: no london/*_neutral.jpg and canada/*.jpg to make stand-ins of")
    if not landmarker.is_file():
        raise DataMissing(f"{landmarker}: no face landmarker; stand-ins of photographs need its points")
    found: list[PhotographOf] = []
    with opened(landmarker) as detector:
        for file in files[after:]:
            if len(found) == count:
                break
            mesh = find_mesh(detector, _read(file))
            if mesh is not None:
                name = f"{file.parent.name}-{file.stem.split('_')[0]}"
                found.append(PhotographOf(name, file, mesh.landmarks.astype(np.float32).tobytes()))
    return tuple(found)


def photograph(face: PhotographOf) -> tuple[NDArray[np.uint8], F32]:
    """The whole photograph (H, W, 3) BGR and the (478, 2) px of its points."""
    return _read(face.file), np.frombuffer(face.points, np.float32).reshape(-1, 2)


def _photographed(face: PhotographOf, picture_px: int) -> tuple[NDArray[np.uint8], F32]:
    """The photograph turned upright and scaled so that the aligned crop lies where stand-ins have it."""
    pixels, points = photograph(face)
    matrix = similarity(anchors(points), anchors(calm_mesh(picture_px)))
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 1:
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.4 / scale), np.uint8)
    upright = cv2.warpAffine(
        pixels, matrix, (picture_px, picture_px), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(upright, np.uint8), np.asarray(moved, np.float32)


def _read(file: Path) -> NDArray[np.uint8]:
    pixels = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if pixels is None:
        raise DataMissing(f"{file}: cannot be read as a picture")
    return np.asarray(pixels, np.uint8)


CROP_CORNERS = ((1 - CROP_SHARE) / 2, (1 + CROP_SHARE) / 2)
"""Where the aligned crop begins and ends in a stand-in picture, in shares of its side."""
