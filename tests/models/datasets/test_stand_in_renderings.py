"""Rendered people among the stand-ins: the same bytes each time, points where MediaPipe sees them, nobody twice."""

from __future__ import annotations

import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.datasets.faces import LabelledFaces
from models.datasets.landmarker import find_mesh_enlarged
from models.datasets.landmarker import landmarker as opened
from models.datasets.stand_in_movements import UNITS
from models.datasets.stand_in_people import PhotographOf
from models.datasets.stand_in_renderings import RenderingOf
from models.datasets.stand_ins import stand_in_pain, stand_in_units
from models.preprocess import TEMPLATE, align, anchors
from models.training.au_shapes import SNEER_LIFTS

PX = 96
SHOWN = {"calm": {}, "smile": {"AU12": 5.0}, "gape": {"AU25": 5.0, "AU27": 5.0}, "shut": {"AU43": 1.0}}


@pytest.fixture(scope="module")
def data(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six photographs and the mesh."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "london").mkdir()
    (folder / "ict_facekit").symlink_to(shared / "data" / "ict_facekit")
    for picture in sorted((shared / "data" / "london").glob("*_neutral.jpg"))[:6]:
        shutil.copy(picture, folder / "london")
    return folder


@pytest.fixture(scope="module")
def faces(data: Path, landmarker: Path) -> LabelledFaces:
    return stand_in_units(data, 5, 6, seed=3, landmarker=landmarker, picture_px=PX)


@pytest.fixture(scope="module")
def posed(faces: LabelledFaces) -> LabelledFaces:
    """One rendered person, calm and moving."""
    strength = np.zeros((len(SHOWN), len(UNITS)), np.float32)
    for row, units in enumerate(SHOWN.values()):
        for unit, level in units.items():
            strength[row, UNITS.index(unit)] = level
    count = len(strength)
    reader = replace(
        faces.read, who=np.ones(count, np.int64), strength=strength, tilt=np.zeros(count, np.float32),
        card=np.full(count, -1),
    )  # fmt: skip
    return replace(faces.select(np.arange(count)), read=reader, mesh=reader.mesh)


def test_photographed_and_rendered_people_take_turns_and_drawn_ones_make_up(data: Path, landmarker: Path) -> None:
    people = stand_in_units(data, 8, 1, landmarker=landmarker, picture_px=PX).read.people
    kinds = [type(one).__name__ for one in people]
    assert kinds == ["PhotographOf", "RenderingOf"] * 3 + ["Traits"] * 2
    skins = [one.skin.person if isinstance(one, RenderingOf) else one.person for one in people[:6]]
    assert len(set(skins)) == 6


def test_without_the_mesh_people_are_photographed(data: Path, landmarker: Path, tmp_path: Path) -> None:
    (tmp_path / "london").symlink_to(data / "london")
    faces = stand_in_units(tmp_path, 2, 1, landmarker=landmarker, picture_px=PX)
    assert all(isinstance(one, PhotographOf) for one in faces.read.people)
    assert faces.name.endswith("of photographs")


def test_sets_that_leave_each_other_their_photographs_share_nobody(data: Path, landmarker: Path) -> None:
    first = stand_in_units(data, 3, 1, landmarker=landmarker, picture_px=PX).read.people
    second = stand_in_pain(data, 3, 3, landmarker=landmarker, after=3, picture_px=PX).read.people

    def photographs(people: tuple[object, ...]) -> set[Path]:
        return {one.skin.file if isinstance(one, RenderingOf) else one.file for one in people}

    assert len(photographs(first) | photographs(second)) == 6


def test_a_rendering_is_the_same_bytes_each_time_and_in_any_process(faces: LabelledFaces) -> None:
    again = pickle.loads(pickle.dumps(faces)).select([7])
    faces.picture(6)
    np.testing.assert_array_equal(faces.picture(7), again.picture(0))
    np.testing.assert_array_equal(faces.mesh_of(7), again.mesh_of(0))
    assert not np.array_equal(faces.picture(7), faces.picture(8))


def test_the_crop_finds_the_eyes_and_mediapipe_sees_the_points_where_they_are_told(
    faces: LabelledFaces, landmarker: Path
) -> None:
    errors = []
    with opened(landmarker) as detector:
        for row in range(6, 12):
            mesh, picture = faces.mesh_of(row), faces.picture(row)
            assert mesh is not None
            crop = align(picture, mesh, 48)
            assert np.abs(anchors(crop.landmarks) / 48 - TEMPLATE).max() < 0.06
            seen = find_mesh_enlarged(detector, picture)
            if seen is not None:
                iod = float(np.linalg.norm(mesh[33] - mesh[263]))
                errors.append(np.linalg.norm(seen.landmarks[:468] - mesh[:468], axis=1).mean() / iod)
    assert len(errors) >= 4
    assert np.median(errors) < 0.08


def test_what_moves_is_seen_in_points_and_picture(posed: LabelledFaces) -> None:
    calm, smile, gape, shut = (posed.read.mesh(row) for row in range(4))

    def width(mesh: np.ndarray) -> float:
        return float(np.linalg.norm(mesh[291] - mesh[61]) / np.linalg.norm(mesh[263] - mesh[33]))

    def gap(mesh: np.ndarray, upper: int, lower: int) -> float:
        return float(np.linalg.norm(mesh[lower] - mesh[upper]) / np.linalg.norm(mesh[263] - mesh[33]))

    assert width(smile) > 1.1 * width(calm)
    assert gap(gape, 13, 14) > 0.2 > gap(calm, 13, 14)
    assert gap(shut, 159, 145) < 0.5 * gap(calm, 159, 145)
    x, y = np.round((gape[13] + gape[14]) / 2).astype(int)
    assert posed.read(2)[y, x].mean() < 0.5 * np.median(posed.read(2))


def test_a_sneer_is_told_as_the_lifted_lip_that_it_is(faces: LabelledFaces) -> None:
    given = faces.read.strength
    modelled = np.array([isinstance(faces.read.people[number], RenderingOf) for number in faces.read.who])
    lip = np.minimum(5, given[:, UNITS.index("AU10")] + SNEER_LIFTS * given[:, UNITS.index("AU09")])
    np.testing.assert_allclose(faces.column("AU10")[modelled], lip[modelled], rtol=1e-6)
    np.testing.assert_array_equal(faces.column("AU10")[~modelled], given[~modelled, UNITS.index("AU10")])
    assert (given[modelled, UNITS.index("AU09")] > 0).any()
