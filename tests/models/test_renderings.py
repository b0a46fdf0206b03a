"""Rendered faces look like faces to MediaPipe, show what their labels say, and are made again alike."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.datasets.landmarker import find_mesh, landmarker
from models.errors import DataMissing
from models.preprocess import CROP_PX, anchors
from models.recipes.face112_renderings import (
    Studio,
    draw_faces,
    draw_look,
    draw_person,
    make_face,
    open_studio,
    prepare_renderings,
)
from models.spec import AUS
from models.training.au_shapes import draw_expression, shapes_of
from models.training.rendering import PICTURE_PX, Look, render


def silent(title: str, done: int, total: int) -> None:
    pass


@pytest.fixture(scope="module")
def asset(shared: Path) -> Path:
    return shared / "assets" / "face_landmarker.task"


@pytest.fixture(scope="module")
def data(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "london").mkdir()
    (folder / "ict_facekit").symlink_to(shared / "data" / "ict_facekit")
    for picture in sorted((shared / "data" / "london").glob("*_neutral.jpg"))[:5]:
        shutil.copy(picture, folder / "london")
    return folder


@pytest.fixture(scope="module")
def studio(data: Path, asset: Path) -> Studio:
    return open_studio(data, asset)


@pytest.fixture
def look(studio: Studio) -> Look:
    return Look(skin=studio.skins[0], laid=studio.laid[0], behind=None)


def test_people_held_out_lend_no_skin_to_training(studio: Studio, data: Path, asset: Path) -> None:
    kept = {skin.person for skin in open_studio(data, asset, held_out=True).skins}
    used = {skin.person for skin in studio.skins}
    assert len(kept) == 2
    assert len(used) == 3
    assert not kept & used


def test_mediapipe_sees_the_face_where_the_mesh_says_it_is(studio: Studio, asset: Path) -> None:
    offsets = []
    with landmarker(asset) as detector:
        for number in range(8):
            rng = np.random.default_rng([4, number])
            person, look = draw_person(studio, rng), draw_look(studio, rng)
            picture = render(studio.model, studio.surface, person, shapes_of(draw_expression(rng)), look)
            mesh = find_mesh(detector, picture.pixels)
            assert mesh is not None, number
            ours, theirs = anchors(picture.landmarks), anchors(mesh.landmarks)
            offsets.append(np.abs(ours - theirs).mean() / np.linalg.norm(ours[0] - ours[1]))
    assert np.mean(offsets) < 0.05  # interocular distances: under two pixels of the crop


@pytest.mark.parametrize(
    ("unit", "rows", "columns"),
    [
        ("AU01", (22, 42), (36, 76)),
        ("AU02", (22, 42), (24, 88)),
        ("AU09", (40, 80), (36, 76)),
        ("AU10", (60, 92), (36, 76)),
        ("AU12", (66, 98), (28, 84)),
        ("AU26", (74, 112), (28, 84)),
        ("AU43", (36, 48), (26, 86)),
    ],
)
def test_a_unit_changes_its_region_most(
    studio: Studio, look: Look, unit: str, rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    calm = make_face(studio, studio.model.neutral, {}, look).crop.astype(float)
    shown = make_face(studio, studio.model.neutral, {unit: 1.0 if unit == "AU43" else 5.0}, look).crop
    change = np.abs(shown - calm)
    inside = change[slice(*rows), slice(*columns)]
    outside = (change.sum() - inside.sum()) / (change.size - inside.size)
    assert inside.mean() > 1.5 * outside  # the crop holds on to the nose base, which a sneer lifts
    assert inside.mean() > 1.0


def test_labels_rise_with_the_jaw_and_a_closed_mouth_has_none(studio: Studio, look: Look) -> None:
    def labels(strength: dict[str, float]) -> list[float]:
        au = make_face(studio, studio.model.neutral, strength, look).au
        return [float(au[AUS.index(unit)]) for unit in ("AU25", "AU26", "AU27")]

    assert labels({}) == [0, 0, 0]
    levels = np.array([labels({"AU27": level}) for level in (1.0, 3.0, 5.0)])
    assert (np.diff(levels, axis=0) >= 0).all()
    assert levels[-1].min() > 4
    assert labels({"AU26": 3.0})[2] == 0


def test_closed_eyes_show_no_eyeball(studio: Studio, look: Look) -> None:
    def eyeballs_px(blink: float) -> int:
        crops = [
            make_face(
                studio,
                studio.model.neutral,
                {"AU43": blink},
                replace(look, skin=replace(look.skin, sclera=level, iris=level), lashes=0.0),
            ).crop.astype(int)
            for level in (0.0, 255.0)
        ]
        return int((np.abs(crops[1] - crops[0]) > 20).sum())

    assert eyeballs_px(0.0) > 60
    assert eyeballs_px(1.0) < 0.2 * eyeballs_px(0.0)  # a rim at the corners stays


def test_a_face_has_no_holes(studio: Studio, look: Look) -> None:
    black, white = (np.full((PICTURE_PX, PICTURE_PX), level, np.uint8) for level in (0, 255))
    crops = [make_face(studio, studio.model.neutral, {}, replace(look, behind=b)).crop for b in (black, white)]
    centre = np.s_[30:95, 35:77]
    assert np.array_equal(crops[0][centre], crops[1][centre])
    assert not np.array_equal(crops[0], crops[1])


def test_faces_depend_on_seed_and_number_alone(studio: Studio) -> None:
    few, more = draw_faces(studio, 2, (5, 1), silent), draw_faces(studio, 4, (5, 1), silent)
    assert np.array_equal(few.crops, more.crops[:2])
    assert np.array_equal(few.au, more.au[:2])
    other = draw_faces(studio, 2, (5, 2), silent)
    assert not np.array_equal(few.crops, other.crops)
    assert few.crops.shape == (2, CROP_PX, CROP_PX)
    assert few.au.shape == few.au_weight.shape == (2, len(AUS))
    assert not few.emotion_weight.any()


def test_a_cache_of_the_same_recipe_is_read_and_another_is_not(
    data: Path, asset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = prepare_renderings(data, asset, tmp_path, silent, count=3, seed=1)
    with monkeypatch.context() as patched:
        patched.setattr("models.recipes.face112_renderings.open_studio", None)  # nothing may be made anew
        read = prepare_renderings(data, asset, tmp_path, silent, count=3, seed=1)
    assert all(np.array_equal(getattr(made, name), getattr(read, name)) for name in made.__slots__)
    assert len(prepare_renderings(data, asset, tmp_path, silent, count=2, seed=1).crops) == 2


def test_missing_photographs_and_mesh_are_named(shared: Path, asset: Path, tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="ict_facekit_light"):
        open_studio(tmp_path, asset)
    (tmp_path / "ict_facekit").symlink_to(shared / "data" / "ict_facekit")
    with pytest.raises(DataMissing, match="no london"):
        open_studio(tmp_path, asset)
