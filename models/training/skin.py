"""Skin for rendered faces: photographs of neutral faces, laid onto the mesh by landmarks.

A thin-plate spline (Bookstein 1989) takes places on the mesh, seen from the front, to px of a photograph. MediaPipe's
landmarks are found on the mesh by looking at renderings of it, so that both sides speak of the same points.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RBFInterpolator

from models.datasets.landmarker import find_mesh, landmarker
from models.errors import DataMissing
from models.preprocess import LEFT_EYE, RIGHT_EYE, luminance

F32 = NDArray[np.float32]
IOD_PX = 72.0
"""Interocular distance of a kept photograph: a little more than a rendering shows."""
EYE_OPENINGS = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
)


@dataclass(frozen=True, slots=True)
class Skin:
    """``photo`` (H, W) grey; ``texture`` the same with the eye openings closed over; ``landmarks`` (478, 2) px.

    ``sclera`` and ``iris`` are grey levels of this person's eyes, ``level`` that of the cheeks.
    """

    person: str
    photo: NDArray[np.uint8]
    texture: NDArray[np.uint8]
    landmarks: F32
    sclera: float
    iris: float
    level: float


def skin_of(person: str, pixels: NDArray[np.uint8], landmarks: F32) -> Skin:
    """The skin of a (H, W, 3) BGR or (H, W) photograph whose (478, 2) landmarks are known."""
    grey = luminance(pixels)
    iod = float(np.linalg.norm(landmarks[list(LEFT_EYE)].mean(0) - landmarks[list(RIGHT_EYE)].mean(0)))
    factor = IOD_PX / iod
    small = np.asarray(
        cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC),
        dtype=np.uint8,
    )
    points = np.asarray(landmarks * factor, dtype=np.float32)
    opening = np.zeros_like(small)
    for outline in EYE_OPENINGS:
        cv2.fillPoly(opening, [np.round(points[list(outline)]).astype(np.int32)], 255)
    inner = small[cv2.erode(opening, np.ones((3, 3), np.uint8)) > 0]
    sclera, iris = (float(np.percentile(inner, p)) if len(inner) else fall for p, fall in ((80, 170.0), (15, 50.0)))
    covered = cv2.dilate(opening, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
    texture = np.asarray(cv2.inpaint(small, covered, 4, cv2.INPAINT_TELEA), dtype=np.uint8)
    cheeks = np.round(points[[50, 280, 205, 425]]).astype(int)
    rows, columns = (np.clip(cheeks[:, axis], 0, small.shape[axis - 1] - 1) for axis in (1, 0))
    level = float(np.median(cv2.GaussianBlur(small, (0, 0), 4)[rows, columns]))
    return Skin(person, small, texture, points, sclera, iris, level)


def lab_skins(folder: Path, asset: Path) -> list[Skin]:
    """One entry per neutral photograph of the London and the Young Adult sets in the order of ``lab_faces``.

    The persons and their positions are those of ``models.recipes.face112_data.lab_faces``, so that the same ones are
    held out. DataMissing names the folder or the unreadable file.
    """
    pictures = sorted((folder / "london").glob("*_neutral.jpg")) + sorted((folder / "canada").glob("*.jpg"))
    if not pictures:
        raise DataMissing(f"{folder}: no london/*_neutral.jpg and canada/*.jpg")
    skins: list[Skin] = []
    with landmarker(asset) as detector:
        for picture in pictures:
            pixels = cv2.imread(str(picture))
            if pixels is None:
                raise DataMissing(f"{picture}: not a readable picture")
            mesh = find_mesh(detector, np.asarray(pixels, dtype=np.uint8))
            if mesh is not None:
                name = f"{picture.parent.name}/{picture.stem}"
                skins.append(skin_of(name, np.asarray(pixels, dtype=np.uint8), mesh.landmarks))
    return skins


def spline(places: F32, anchors: F32) -> F32:
    """(V, A) matrix that takes values at ``anchors`` (A, 2) to values at ``places`` (V, 2): a smoothed spline."""
    unique = np.eye(len(anchors))
    interpolate = RBFInterpolator(anchors.astype(np.float64), unique, kernel="thin_plate_spline", smoothing=0.05)
    return np.asarray(interpolate(places.astype(np.float64)), dtype=np.float32)
