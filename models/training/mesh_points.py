"""MediaPipe's landmarks on the mesh: found once by looking at renderings of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets.landmarker import find_mesh, landmarker
from models.errors import DataMissing
from models.training.face_model import SKIN, FaceModel
from models.training.rasterise import rasterise
from models.training.rendering import F32, PICTURE_PX, Look, Surface, project, render
from models.training.skin import Skin, spline

IBUG_TO_MEDIAPIPE = (
    *(162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389),
    *(71, 63, 105, 66, 107, 336, 296, 334, 293, 301),
    *(168, 197, 5, 4, 75, 97, 2, 326, 305),
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),
    *(78, 82, 13, 312, 308, 317, 14, 87),
)
"""MediaPipe's point for each of the 68 iBUG landmarks, which the mesh names by vertex."""
EXACT = (*range(36, 48), *range(60, 68))
"""iBUG points taken from the mesh itself: lids and inner lips, which a look at a closed mouth cannot tell apart."""
OUTLINE_SIDES = (54, 21, 162, 127, 234, 93, 132, 58, 172, 136, 150, 149)
"""MediaPipe's face outline down the right side."""
DRAW = 0.3
"""What is left of a distance beyond the outline."""
FACE_POINTS = 468
"""From here on MediaPipe numbers the irises, which are not on the skin."""


def first_guess(model: FaceModel) -> Surface:
    """A surface whose spline rests on the 68 iBUG points alone; the others lie on the nearest of these vertices."""
    vertices = model.neutral[:, :2]
    matrix = spline(vertices, vertices[model.landmarks])
    texture = np.zeros((len(vertices), 478), np.float32)
    for column, point in enumerate(IBUG_TO_MEDIAPIPE):
        texture[:, point] += matrix[:, column]
    corners = np.tile(model.landmarks[30], (478, 3))
    for column, point in enumerate(IBUG_TO_MEDIAPIPE):
        corners[point] = model.landmarks[column]
    return Surface(texture, corners, np.full((478, 3), 1 / 3, np.float32))


def find_surface(model: FaceModel, skins: Sequence[Skin], asset: Path) -> Surface:
    """The surface whose 478 points are where MediaPipe sees them on renderings with ``skins`` (mean over them)."""
    guess = first_guess(model)
    found = []
    with landmarker(asset) as detector:
        for skin in skins:
            look = Look(skin=skin, laid=guess.lay(skin), behind=None, ambient=0.6, light=(0.0, 0.1, 1.0), lashes=0.15)
            mesh = find_mesh(detector, render(model, guess, model.neutral, {}, look).pixels)
            if mesh is not None:
                found.append(mesh.landmarks)
    if not found:
        raise DataMissing(f"{asset}: finds no face on a rendering; use the published landmarker")
    return on_mesh(model, np.mean(found, axis=0), Look(skin=skins[0], laid=guess.lay(skins[0]), behind=None))


def on_mesh(model: FaceModel, landmarks: NDArray[np.float32], look: Look) -> Surface:
    """The surface under (478, 2) ``landmarks`` seen on the frontal picture of the mean face."""
    skin = np.flatnonzero(model.material == SKIN)
    screen, _ = project(model, model.neutral, model.neutral, look)
    seen = rasterise(screen, model.triangles[skin], PICTURE_PX)
    rows, columns = seen.pixel // PICTURE_PX, seen.pixel % PICTURE_PX
    corners, weights = np.empty((478, 3), np.int64), np.empty((478, 3), np.float32)
    for point, (x, y) in enumerate(landmarks):
        nearest = int(np.argmin((columns - x) ** 2 + (rows - y) ** 2))
        corners[point] = model.triangles[skin[seen.triangle[nearest]]]
        weights[point] = seen.weights[nearest]
    for ibug in EXACT:
        corners[IBUG_TO_MEDIAPIPE[ibug]] = model.landmarks[ibug]
        weights[IBUG_TO_MEDIAPIPE[ibug]] = 1 / 3
    surface = Surface(np.zeros((0, 0), np.float32), corners, weights)
    anchors = surface.points(model.neutral[:, :2])[:FACE_POINTS]
    texture = np.zeros((len(model.neutral), 478), np.float32)
    texture[:, :FACE_POINTS] = spline(_drawn_in(model.neutral[:, :2], anchors), anchors)
    return Surface(texture, corners, weights)


def _drawn_in(places: F32, anchors: F32) -> F32:
    """``places`` (V, 2) with what lies beside or below the face's outline drawn in towards it.

    Ears and neck then take their colour from the rim of the face and not from what stands behind it in a photograph.
    """
    drawn = places.copy()
    sides = anchors[list(OUTLINE_SIDES)]
    order = np.argsort(sides[:, 1])
    half = np.interp(places[:, 1], sides[order, 1], np.abs(sides[order, 0]))
    beyond = np.maximum(np.abs(places[:, 0]) - 0.97 * half, 0)
    drawn[:, 0] -= np.sign(places[:, 0]) * (1 - DRAW) * beyond
    drawn[:, 1] += (1 - DRAW) * np.maximum(anchors[152, 1] - places[:, 1], 0)
    return drawn
