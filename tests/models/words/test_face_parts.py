"""Parts that sentences name: disjoint, complete, and where the face has them."""

from __future__ import annotations

import numpy as np
import pytest

from models.datasets.stand_in_mesh import CROP_SHARE, calm_mesh
from models.words.face_parts import FacePart, face_parts

SIZE = 112


@pytest.fixture(scope="module")
def landmarks() -> np.ndarray:
    """(478, 2) points of the calm face in px of the aligned crop."""
    picture_px = round(SIZE / CROP_SHARE)
    return calm_mesh(picture_px) - (picture_px - SIZE) / 2


def test_every_pixel_is_in_exactly_one_part(landmarks: np.ndarray) -> None:
    parts = face_parts(landmarks, SIZE)
    assert set(parts) == set(FacePart)
    assert (sum(mask.astype(int) for mask in parts.values()) == 1).all()
    assert all(mask.any() for mask in parts.values())


@pytest.mark.parametrize(
    ("point", "part"),
    [
        (159, FacePart.EYES), (386, FacePart.EYES), (13, FacePart.MOUTH), (61, FacePart.MOUTH), (105, FacePart.BROWS),
        (4, FacePart.NOSE), (6, FacePart.NOSE), (199, FacePart.CHIN), (205, FacePart.CHEEKS), (425, FacePart.CHEEKS),
        (10, FacePart.FOREHEAD),
    ],
)  # fmt: skip
def test_a_point_of_the_face_is_called_by_its_name(landmarks: np.ndarray, point: int, part: FacePart) -> None:
    x, y = np.round(landmarks[point]).astype(int)
    assert face_parts(landmarks, SIZE)[part][y + (point == 10), x]


def test_corners_of_the_crop_are_outside(landmarks: np.ndarray) -> None:
    outside = face_parts(landmarks, SIZE)[FacePart.OUTSIDE]
    assert outside[[0, 0, -1, -1], [0, -1, 0, -1]].all()
    assert 0.3 < outside.mean() < 0.8


def test_a_face_outside_the_crop_leaves_only_surroundings(landmarks: np.ndarray) -> None:
    parts = face_parts(landmarks + 10 * SIZE, SIZE)
    assert parts[FacePart.OUTSIDE].all()
