"""Warps put on what they say and nothing else; their labels say what is shown."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.datasets.landmarker import find_mesh, landmarker
from models.preprocess import align, luminance
from models.recipes.face112_data import draw_strength, label
from models.recipes.face112_grimace import Smile, grimace_label, prepare_grimaces
from models.spec import AUS
from models.training.warps import Style, move, warp
from models.training.weak_labels import jaw_intensities, lip_gap_intensity, weak_intensities

STYLE = Style(reach=1.0, asymmetry=0.0, furrow=0.5, gain=1.0, teeth=0.5, jaw=0.3)


@pytest.fixture(scope="module")
def face(shared: Path) -> tuple[np.ndarray, np.ndarray]:
    pixels = cv2.imread(str(shared / "data" / "london" / "001_neutral.jpg"))
    with landmarker(shared / "assets" / "face_landmarker.task") as detector:
        found = find_mesh(detector, pixels)
    assert found is not None
    crop = align(pixels, found.landmarks)
    return luminance(crop.pixels), crop.landmarks.astype(np.float64)


def test_no_strength_changes_nothing(face: tuple[np.ndarray, np.ndarray], rng: np.random.Generator) -> None:
    crop, points = face
    warped, moved = warp(crop, points, {}, STYLE, rng)
    assert np.array_equal(moved, points)
    assert np.abs(warped.astype(int) - crop).mean() < 1.0


@pytest.mark.parametrize(
    ("unit", "index", "axis", "sign"),
    [
        ("AU04", 55, 1, 1),
        ("AU06", 50, 1, -1),
        ("AU09", 64, 1, -1),
        ("AU10", 37, 1, -1),
        ("AU12", 61, 1, -1),
        ("AU12", 61, 0, -1),
    ],
)
def test_each_unit_moves_its_landmark_the_anatomical_way(
    face: tuple[np.ndarray, np.ndarray], unit: str, index: int, axis: int, sign: int
) -> None:
    _, points = face
    weak, strong = (move(points, {unit: level}, STYLE) - points for level in (1.0, 5.0))
    assert sign * strong[index, axis] > 1.0
    assert strong[index, axis] == pytest.approx(5 * weak[index, axis], rel=1e-6)


def test_closing_the_eyes_closes_them(face: tuple[np.ndarray, np.ndarray], rng: np.random.Generator) -> None:
    crop, points = face
    warped, moved = warp(crop, points, {"AU43": 1.0}, STYLE, rng)
    for upper, lower in ((159, 145), (386, 374)):
        before = np.linalg.norm(points[upper] - points[lower])
        assert np.linalg.norm(moved[upper] - moved[lower]) < 0.1 * before
        x, y = np.round(points[upper] + [0, before / 2]).astype(int)
        assert warped[y - 1 : y + 2, x - 2 : x + 3].mean() > crop[y - 1 : y + 2, x - 2 : x + 3].mean() + 10


def test_parted_lips_are_dark_or_teeth_and_measured(
    face: tuple[np.ndarray, np.ndarray], rng: np.random.Generator
) -> None:
    crop, points = face
    warped, moved = warp(crop, points, {"AU25": 4.0}, STYLE, rng)
    assert lip_gap_intensity(moved) > lip_gap_intensity(points) + 1.5
    x, y = np.round((moved[13] + moved[14]) / 2).astype(int)
    assert abs(int(warped[y, x]) - int(np.median(crop))) > 25


def test_labels_follow_the_style(face: tuple[np.ndarray, np.ndarray]) -> None:
    _, points = face
    weak = label({"AU04": 2.0, "AU43": 0.3}, Style(1, 0, 0, 0.5, 0, 0.2), points)
    strong = label({"AU04": 2.0, "AU43": 1.0}, Style(1, 0, 0, 2.0, 0, 0.2), points)
    assert weak[AUS.index("AU04")] == pytest.approx(1.0)
    assert strong[AUS.index("AU04")] == pytest.approx(4.0)
    assert (weak[AUS.index("AU43")], strong[AUS.index("AU43")]) == (0.0, 1.0)


def test_drawn_mixtures_are_in_range_and_show_every_unit(rng: np.random.Generator) -> None:
    drawn = [draw_strength(rng) for _ in range(600)]
    assert all(0.0 <= level <= 5.0 for strength in drawn for level in strength.values())
    assert set(AUS) - {"AU26", "AU27"} <= {unit for strength in drawn for unit in strength}
    assert any(not strength for strength in drawn)


def test_weak_labels_have_weight_only_where_a_mesh_was_found() -> None:
    names = ["browDownLeft", "browInnerUp", "browOuterUpLeft", "eyeBlinkLeft", "eyeSquintLeft"]
    names += ["mouthSmileLeft", "mouthUpperUpLeft"]
    shapes = np.zeros((3, len(names)), np.float32)
    shapes[0, names.index("mouthSmileLeft")] = 0.9
    shapes[2, names.index("eyeBlinkLeft")] = 0.45
    votes = np.zeros((3, 8), np.float32)
    votes[0, 1], votes[1, 4], votes[2, 0] = 1.0, 1.0, 1.0
    meshes = np.random.default_rng(0).uniform(0, 48, (3, 478, 2))
    meshes[1] = np.nan
    labels, weights = weak_intensities(meshes, shapes, names, votes)
    assert labels[0, AUS.index("AU12")] > 4
    assert labels[0, AUS.index("AU04")] == 0
    assert not weights[1].any()
    assert weights[0].all()
    assert weights[2, AUS.index("AU43")] == 0.0


def test_a_smile_taken_back_lowers_the_corners_and_counts_as_gone(face: tuple[np.ndarray, np.ndarray]) -> None:
    crop, points = face
    smiling = move(points, {"AU12": 3.0}, STYLE)
    grimace = move(smiling, {"AU12": -2.0, "AU04": 4.0}, STYLE)
    assert grimace[61, 1] > smiling[61, 1] + 2
    au = np.zeros(len(AUS), np.float32)
    au[AUS.index("AU12")] = 3.0
    strength = {"AU12": -2.0, "AU04": 4.0}
    label, weight = grimace_label(Smile(crop, smiling, au), strength, STYLE, grimace, laugh=False)
    assert (label[AUS.index("AU12")], label[AUS.index("AU04")]) == (0.0, 4.0)
    assert weight[AUS.index("AU06")] == 0.0


def test_grimaces_and_laughs_carry_opposite_emotions(face: tuple[np.ndarray, np.ndarray]) -> None:
    crop, points = face
    made = prepare_grimaces([Smile(crop, points, np.zeros(len(AUS), np.float32))], 80, 5, lambda *_: None)
    joyful = made.emotion[:, 1] == 1.0
    assert 16 < joyful.sum() < 48
    assert made.au[~joyful, AUS.index("AU04")].min() > 0.7
    assert made.au[joyful, AUS.index("AU04")].max() == 0.0
    assert np.allclose(made.emotion.sum(axis=1), 1.0)


def test_jaw_units_are_steps_of_one_movement(face: tuple[np.ndarray, np.ndarray]) -> None:
    _, points = face
    opened = [move(points, {"AU25": level}, Style(1, 0, 0, 1, 0, 0.7)) for level in (0.0, 2.0, 5.0)]
    (shut, _), (dropped, early), (full, stretched) = (jaw_intensities(moved) for moved in opened)
    assert shut < 0.5
    assert 0.5 < dropped <= 5.0
    assert early < 0.5
    assert (full, stretched > 2.0) == (5.0, True)
