"""The people who act: photographs laid upright on one canvas, with their face points.

Built in is the public-domain photograph that matplotlib installs. A folder in the layout of the lab sets
(``london/NUMBER_neutral.jpg``, ``NUMBER_smiling.jpg``) gives the people that no network was trained on, any other
folder each picture in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.errors import DataMissing
from models.preprocess import LEFT_EYE, RIGHT_EYE, similarity
from monitor.demo.photograph import POINTS, Photograph, photograph_path
from monitor.face.geometry import Window
from monitor.face.landmarks import Landmarker
from monitor.records import F32, F64, U8

CANVAS_PX = 440
"""Side of the square that a person is painted on."""
EYES_APART_PX = 64.0
"""Distance of the eye centres on the canvas."""
EYES_Y_PX = 195.0
REFERENCE_EYES_PX = 81.7
"""The same distance in the demo's photograph: the unit that movements and furrows are written in."""
HELD_OUT_EVERY = 4
"""Every fourth person of the London set, sorted by file name, is kept from training.

The same rule as ``models.recipes.face112_data.is_held_out``, which cannot be imported here: it needs scipy.
"""
PICTURES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True, slots=True)
class Face:
    """A person: the calm ``photograph`` with its ``mesh`` (478, 2) in canvas px, and one laughing, where there is."""

    name: str
    photograph: Photograph
    mesh: F32
    laughing: Photograph | None = None

    @property
    def unit_px(self) -> float:
        """Distance of the eye centres, px."""
        return EYES_APART_PX


def load_faces(folder: Path | None, landmarker: Landmarker) -> list[Face]:
    """All people of ``folder`` (None: the built-in photograph), sorted by name.

    DataMissing when a picture cannot be read or shows no face, or none is there.
    """
    if folder is None:
        return [_face("built-in", photograph_path(), landmarker)]
    if not folder.is_dir():
        raise DataMissing(f"{folder}: no such folder of faces")
    if (folder / "london").is_dir():
        held_out = sorted((folder / "london").glob("*_neutral.jpg"))[::HELD_OUT_EVERY]
        found = [_face(f"london/{p.stem.split('_')[0]}", p, landmarker, _smiling(p)) for p in held_out]
    else:
        found = [_face(p.stem, p, landmarker) for p in _pictures(folder)]
    if not found:
        raise DataMissing(f"{folder}: no london/*_neutral.jpg and no pictures ({', '.join(PICTURES)})")
    return found


def _pictures(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.suffix.lower() in PICTURES)


def _smiling(neutral: Path) -> Path | None:
    path = neutral.with_name(neutral.name.replace("_neutral", "_smiling"))
    return path if path.is_file() else None


def _face(name: str, path: Path, landmarker: Landmarker, laughing: Path | None = None) -> Face:
    photograph, mesh = _on_canvas(path, landmarker)
    other = None if laughing is None else _on_canvas(laughing, landmarker)[0]
    return Face(name, photograph, mesh, other)


def _on_canvas(path: Path, landmarker: Landmarker) -> tuple[Photograph, F32]:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise DataMissing(f"{path}: not a picture that can be read")
    picture = np.asarray(pixels, dtype=np.uint8)
    height, width = picture.shape[:2]
    meshes = landmarker.detect(picture, Window(0, 0, width, height))
    if not meshes:
        raise DataMissing(f"{path}: no face is found in it")
    placing = _placing(meshes[0].points)
    canvas, mesh = _placed(picture, meshes[0].points, placing)
    points = {number: mesh[number].astype(np.float64) for number in POINTS}
    return Photograph(canvas, EYES_APART_PX / REFERENCE_EYES_PX, points), mesh


def _placing(points: F32) -> F64:
    """(2, 3) from picture to canvas px: eyes level, at their place."""
    eyes = np.array([points[list(eye), :2].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)], dtype=np.float64)
    half = EYES_APART_PX / 2
    target = np.array([[CANVAS_PX / 2 - half, EYES_Y_PX], [CANVAS_PX / 2 + half, EYES_Y_PX]])
    return similarity(eyes, target)


def _placed(picture: U8, points: F32, placing: F64) -> tuple[U8, F32]:
    scale = float(np.hypot(placing[0, 0], placing[1, 0]))
    if scale < 0.7:  # averaged down before it is turned, so that fine structure does not alias
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.45 / scale), dtype=np.uint8)
    canvas = cv2.warpAffine(
        picture, placing, (CANVAS_PX, CANVAS_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    mesh = points[:, :2] @ placing[:, :2].T + placing[:, 2]
    return np.asarray(canvas, dtype=np.uint8), mesh.astype(np.float32)
