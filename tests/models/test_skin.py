"""Skins: the same people as the warps use, eyes closed over, laid on by a spline that keeps what is straight."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from models.errors import DataMissing
from models.preprocess import LEFT_EYE, RIGHT_EYE
from models.recipes.face112_data import lab_faces
from models.training.skin import IOD_PX, Skin, lab_skins, spline


@pytest.fixture(scope="module")
def asset(shared: Path) -> Path:
    return shared / "assets" / "face_landmarker.task"


@pytest.fixture(scope="module")
def data(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for name in ("london/001_neutral.jpg", "london/003_neutral.jpg", "canada/003f.jpg"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(shared / "data" / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def skins(data: Path, asset: Path) -> list[Skin]:
    return lab_skins(data, asset)


def test_skins_and_warped_faces_are_the_same_people_in_the_same_order(
    skins: list[Skin], data: Path, asset: Path
) -> None:
    assert [skin.person for skin in skins] == [name for name, _, _ in lab_faces(data, asset)]
    assert len(skins) == 3


def test_photographs_come_to_one_scale_and_eyes_are_closed_over(skins: list[Skin]) -> None:
    for skin in skins:
        right, left = (skin.landmarks[list(eye)].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE))
        assert np.linalg.norm(left - right) == pytest.approx(IOD_PX, rel=1e-3)
        assert skin.iris < skin.sclera
        column, row = np.round(right).astype(int)
        eye = np.s_[row - 3 : row + 4, column - 8 : column + 9]
        assert skin.texture[eye].std() < 0.7 * skin.photo[eye].std()
        far = np.s_[row + 40 : row + 60, :]
        assert np.array_equal(skin.texture[far], skin.photo[far])


def test_the_spline_keeps_straight_maps_and_meets_its_anchors(rng: np.random.Generator) -> None:
    anchors = rng.uniform(-8, 8, (40, 2)).astype(np.float32)
    places = rng.uniform(-9, 9, (25, 2)).astype(np.float32)
    turn, shift = np.array([[3.0, 0.5], [-0.5, 2.0]]), np.array([10.0, -4.0])
    assert spline(places, anchors) @ (anchors @ turn + shift) == pytest.approx(places @ turn + shift, abs=1e-2)
    bent = anchors**2
    assert np.abs(spline(anchors, anchors) @ bent - bent).mean() < 1.0


def test_no_photographs_and_unreadable_ones_are_named(tmp_path: Path, asset: Path) -> None:
    with pytest.raises(DataMissing, match=r"no london/\*_neutral.jpg"):
        lab_skins(tmp_path, asset)
    (tmp_path / "london").mkdir()
    (tmp_path / "london" / "001_neutral.jpg").write_bytes(b"no picture")
    with pytest.raises(DataMissing, match=r"001_neutral\.jpg: not a readable picture"):
        lab_skins(tmp_path, asset)
