"""Waters' muscles on a real neutral face: each unit moves its own region, lips part by what is said, lids close."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.datasets.landmarker import find_mesh, landmarker
from models.evaluation.muscle_warps import Vigour, contract, muscle_warp
from models.evaluation.warped_apertures import close_lids, iod_of
from models.preprocess import align, luminance
from models.training.warps import Style, move

PLAIN = Vigour(pull=1.0, sector=1.0, asymmetry=0.0, furrows=0.0, wavelength=0.1, teeth=0.5, mouth=0.3)


@pytest.fixture(scope="module")
def face(shared: Path) -> tuple[np.ndarray, np.ndarray]:
    pixels = cv2.imread(str(shared / "data" / "london" / "001_neutral.jpg"))
    with landmarker(shared / "assets" / "face_landmarker.task") as detector:
        found = find_mesh(detector, pixels)
    assert found is not None
    crop = align(pixels, found.landmarks)
    return luminance(crop.pixels), crop.landmarks


def test_no_strength_changes_nothing(face: tuple[np.ndarray, np.ndarray]) -> None:
    same, gap = muscle_warp(*face, {}, PLAIN)
    assert gap == 0
    assert np.abs(same.astype(int) - face[0]).mean() < 1.5


@pytest.mark.parametrize(
    ("unit", "landmark", "direction"),
    [
        ("AU01", 107, (0, -1)),
        ("AU02", 63, (0, -1)),
        ("AU04", 65, (0, 1)),
        ("AU06", 50, (0, -1)),
        ("AU09", 129, (0, -1)),
        ("AU10", 40, (0, -1)),
        ("AU12", 61, (-1, 0)),
        ("AU12", 61, (0, -1)),
        ("AU15", 61, (0, 1)),
    ],
)
def test_a_muscle_draws_its_insertion_towards_its_attachment(
    face: tuple[np.ndarray, np.ndarray], unit: str, landmark: int, direction: tuple[int, int]
) -> None:
    _, points = face
    field, _, _ = contract(points, 112, {unit: 5.0}, PLAIN)
    column, row = np.round(points[landmark]).astype(int)
    assert field[row, column] @ np.array(direction) > 0.02 * iod_of(points)
    twice, _, _ = contract(points, 112, {unit: 2.5}, PLAIN)
    assert np.allclose(2 * twice, field, atol=1e-4)


def test_the_lips_part_by_the_gap_that_is_asked_for(face: tuple[np.ndarray, np.ndarray]) -> None:
    gaps = [muscle_warp(*face, {"gap": asked}, PLAIN)[1] for asked in (0.1, 0.3, 0.6)]
    assert gaps == pytest.approx([0.1, 0.3, 0.6], abs=0.05)


def test_a_raised_upper_lip_shows_teeth_and_leaves_the_lower_lip(face: tuple[np.ndarray, np.ndarray]) -> None:
    crop, points = face
    raised, gap = muscle_warp(crop, points, {"AU10": 5.0}, replace(PLAIN, teeth=1.0))
    assert 0.05 < gap < 0.3
    below = np.s_[int(points[17, 1]) + 3 :, 36:76]
    assert np.abs(raised[below].astype(int) - crop[below]).mean() < 3


def test_lids_close_over_the_eye(face: tuple[np.ndarray, np.ndarray]) -> None:
    crop, points = face
    middle = points[[33, 133]].mean(axis=0)
    eye = np.s_[int(middle[1]) - 3 : int(middle[1]) + 4, int(middle[0]) - 5 : int(middle[0]) + 6]
    painted = crop.copy()
    cv2.fillPoly(painted, [np.round(points[[160, 159, 158, 153, 145, 144]]).astype(np.int32)], 255)
    shut = close_lids(painted, points, fall=0.9, rise=0.1)
    assert (painted[eye] > 240).sum() > 10
    assert (shut[eye] > 240).sum() < 0.35 * (painted[eye] > 240).sum()


def test_the_field_is_not_that_of_training(face: tuple[np.ndarray, np.ndarray]) -> None:
    _, points = face
    style = Style(reach=1.0, asymmetry=0.0, furrow=0.0, gain=1.0, teeth=0.0, jaw=0.3)
    for unit in ("AU01", "AU04", "AU09", "AU12"):
        field, _, _ = contract(points, 112, {unit: 5.0}, PLAIN)
        where = np.clip(np.round(points), 0, 111).astype(int)
        here = field[where[:, 1], where[:, 0]]
        there = move(points.astype(np.float64), {unit: 5.0}, style) - points
        assert np.linalg.norm(here - there) > 0.3 * np.linalg.norm(there), unit


def test_vigour_is_drawn_within_its_bounds(rng: np.random.Generator) -> None:
    drawn = [Vigour.draw(rng) for _ in range(50)]
    assert all(0.8 <= one.pull <= 1.15 and abs(one.asymmetry) <= 0.3 for one in drawn)
    assert len({one.wavelength for one in drawn}) == 50
