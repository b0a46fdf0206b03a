"""The mesh: what it is read from, and what its shapes move."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from models.errors import DataMissing
from models.training.face_model import EYE, LASHES, SKIN, TEETH, FaceModel, load

NOSE_TIP, CHIN, RIGHT_CORNER, UPPER_LIP, LOWER_LIP = 30, 8, 48, 62, 66


@pytest.fixture(scope="module")
def model(shared: Path) -> FaceModel:
    return load(shared / "data" / "ict_facekit")


def test_normals_point_out_of_the_face(model: FaceModel) -> None:
    normals = model.normals(model.neutral)
    assert normals[model.landmarks[NOSE_TIP], 2] > 0.9
    skin = np.unique(model.triangles[model.material == SKIN])
    assert np.linalg.norm(normals[skin], axis=1) == pytest.approx(1.0, abs=1e-4)


def test_materials_are_there_and_lower_lashes_are_not(model: FaceModel) -> None:
    for material in (SKIN, EYE, TEETH, LASHES):
        assert (model.material == material).sum() > 100
    eye = model.neutral[model.landmarks[[36, 39]], 1].mean()
    assert model.neutral[np.unique(model.triangles[model.material == LASHES]), 1].mean() > eye


@pytest.mark.parametrize(
    ("shape", "landmark", "axis", "sign"),
    [("jawOpen", CHIN, 1, -1), ("mouthSmile", RIGHT_CORNER, 1, 1), ("mouthSmile", RIGHT_CORNER, 0, -1)],
)
def test_shapes_move_what_their_name_says(model: FaceModel, shape: str, landmark: int, axis: int, sign: int) -> None:
    moved = model.posed(model.neutral, {shape: 1.0}) - model.neutral
    assert sign * moved[model.landmarks[landmark], axis] > 0.3


def test_one_side_moves_alone(model: FaceModel) -> None:
    moved = model.posed(model.neutral, {"mouthSmile_L": 1.0}) - model.neutral
    assert np.abs(moved[model.landmarks[54]]).max() > 0.3
    assert np.abs(moved[model.landmarks[48]]).max() < 0.1


def test_people_differ_and_nobody_is_the_neutral_face(model: FaceModel, rng: np.random.Generator) -> None:
    weights = rng.normal(size=(2, 50)).astype(np.float32)
    first, second = model.person(weights[0]), model.person(weights[1])
    assert np.abs(first - second).max() > 0.3
    assert np.array_equal(model.person(np.zeros(50, np.float32)), model.neutral)


def test_closed_lips_touch_and_an_open_jaw_parts_them(model: FaceModel) -> None:
    def gap(points: np.ndarray) -> float:
        return float(points[model.landmarks[UPPER_LIP], 1] - points[model.landmarks[LOWER_LIP], 1])

    assert gap(model.neutral) < 0.1
    assert gap(model.posed(model.neutral, {"jawOpen": 1.0})) > 2.0


def test_a_missing_or_broken_kit_is_named(shared: Path, tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"ict_facekit_light\.npz: not found"):
        load(tmp_path)
    shutil.copy(shared / "data" / "ict_facekit" / "vertex_indices.json", tmp_path)
    np.savez(tmp_path / "ict_facekit_light.npz", neutral=np.zeros((3, 3)))
    with pytest.raises(DataMissing, match="not an ICT-FaceKit Light folder"):
        load(tmp_path)
    (tmp_path / "ict_facekit_light.npz").write_bytes(b"no archive")
    with pytest.raises(DataMissing, match="not an ICT-FaceKit Light folder"):
        load(tmp_path)
