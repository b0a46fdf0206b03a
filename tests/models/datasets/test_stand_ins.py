"""Stand-ins: the same bytes for the same arguments, labels that are exact, people that can be split."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from models.action_units import ActionUnit
from models.datasets.faces import LabelledFaces
from models.datasets.splits import leave_one_subject_out
from models.datasets.stand_in_expressions import EMOTIONS, PAIN_CLASSES
from models.datasets.stand_in_movements import UNITS
from models.datasets.stand_in_ratings import RATINGS, stand_in_base, stand_in_ratings
from models.datasets.stand_ins import stand_in_emotion, stand_in_pain, stand_in_units
from models.errors import DataInvalid, DataMissing
from models.preprocess import TEMPLATE, align, anchors

PX = 64


def emotion() -> LabelledFaces:
    return stand_in_emotion(count=24, seed=3, people=2, picture_px=PX)


def pain() -> LabelledFaces:
    return stand_in_pain(subjects=3, frames=12, seed=3, picture_px=PX)


def units() -> LabelledFaces:
    return stand_in_units(subjects=3, frames=30, seed=3, picture_px=PX)


def ratings() -> LabelledFaces:
    return stand_in_ratings(12, seed=3, pictures_each=2, picture_px=PX)


def base() -> LabelledFaces:
    return stand_in_base(12, seed=3, picture_px=PX)


SETS = pytest.mark.parametrize("make", [emotion, pain, units, ratings, base])


@SETS
def test_a_set_says_that_it_is_a_stand_in_and_is_the_same_each_time(make) -> None:
    first, again = make(), make()
    assert first.stand_in
    assert len(first) > 0
    for name, label in first.labels.items():
        np.testing.assert_array_equal(label, again.labels[name])
    for row in (0, len(first) - 1):
        picture = first.picture(row)
        assert picture.shape == (PX, PX, 3)
        assert picture.dtype == np.uint8
        np.testing.assert_array_equal(picture, again.picture(row))


@SETS
def test_a_picture_does_not_depend_on_what_was_read_before(make) -> None:
    faces = make()
    alone = pickle.loads(pickle.dumps(faces)).select([5])
    faces.picture(0)
    np.testing.assert_array_equal(faces.picture(5), alone.picture(0))
    mesh, same = faces.mesh_of(5), alone.mesh_of(0)
    assert mesh is not None
    assert same is not None
    np.testing.assert_array_equal(mesh, same)


@SETS
def test_the_mesh_leads_the_one_crop_to_the_eyes(make) -> None:
    faces = make()
    for row in range(0, len(faces), 5):
        mesh = faces.mesh_of(row)
        assert mesh is not None
        assert mesh.shape == (478, 2)
        assert np.isfinite(mesh).all()
        crop = align(faces.picture(row), mesh, 48)
        assert np.abs(anchors(crop.landmarks) / 48 - TEMPLATE).max() < 0.06
        assert (crop.pixels.reshape(-1, 3).max(axis=1) > 0).mean() > 0.98


@SETS
def test_rows_look_different(make) -> None:
    faces = make()
    pictures = {faces.picture(row).tobytes() for row in range(8)}
    assert len(pictures) == 8


def test_emotions_are_balanced_over_people_and_carry_their_units() -> None:
    faces = emotion()
    assert faces.class_names == EMOTIONS
    assert set(np.bincount(faces.labels["emotion"])) == {3}
    contempt = faces.select(faces.labels["emotion"] == EMOTIONS.index("contempt"))
    assert (contempt.column("AU14") > 0).all()
    others = faces.select(faces.labels["emotion"] != EMOTIONS.index("contempt"))
    assert (others.column("AU14") == 0).all()
    surprise = faces.select(faces.labels["emotion"] == EMOTIONS.index("surprise"))
    assert (surprise.column("AU05") > 0).all()


def test_pain_films_rise_and_fall_and_pspi_follows_from_the_units() -> None:
    faces = pain()
    assert faces.class_names == PAIN_CLASSES
    assert len(faces) == 3 * 3 * 12
    for subject in set(faces.subjects):
        for film in ("pain-1", "happiness-1", "disgust-1"):
            rows = [i for i in range(len(faces)) if (faces.subjects[i], faces.sequences[i]) == (subject, film)]
            assert list(faces.frames[rows]) == list(range(1, 13))
            shown = faces.labels["au"][rows].sum(axis=1)
            assert shown[0] == 0
            assert shown[-1] == 0
            assert shown.max() > 0
            calm = shown == 0
            assert (faces.labels["emotion"][rows] == PAIN_CLASSES.index("neutral")).tolist() == calm.tolist()
    column = faces.column
    expected = column("AU04") + np.maximum(column("AU06"), column("AU07")) + np.maximum(column("AU09"), column("AU10"))
    np.testing.assert_allclose(faces.labels["pspi"], expected + (column("AU43") > 0), rtol=1e-6)
    of_pain = faces.labels["pspi"][faces.labels["emotion"] == 0]
    assert (of_pain > 0).all()


def test_classes_without_neutral_keep_the_films_class() -> None:
    faces = stand_in_pain(subjects=2, frames=6, classes=("pain", "happiness", "disgust"), films=2, picture_px=PX)
    assert len(faces) == 2 * 3 * 2 * 6
    for row, film in enumerate(faces.sequences):
        assert faces.class_names[faces.labels["emotion"][row]] == film.split("-")[0]


def test_units_take_part_independently_and_cameras_are_different_domains() -> None:
    faces = stand_in_units(subjects=10, frames=60, seed=1, picture_px=PX)
    ward = stand_in_units(subjects=10, frames=60, seed=1, camera="ward", picture_px=PX)
    assert {unit.value for unit in ActionUnit} <= set(faces.units) == set(UNITS)
    often = (faces.labels["au"] > 0).mean(axis=0)
    assert (often > 0.1).all()
    assert faces.labels["au"].max() <= 5
    assert not ((faces.column("AU26") > 0) & (faces.column("AU27") > 0)).any()
    picture = ward.picture(0)
    assert (picture[..., 0] == picture[..., 2]).all()
    assert (faces.picture(0)[..., 0] != faces.picture(0)[..., 2]).any()
    assert not np.array_equal(faces.labels["au"], ward.labels["au"])


def test_people_can_be_split_and_sets_of_one_seed_share_nobody() -> None:
    faces = pain()
    splits = leave_one_subject_out(faces.subjects)
    assert len(list(splits)) == 3
    looks = [{repr(face) for face in make().read.people} for make in (emotion, pain, units)]
    assert len(set.union(*looks)) == sum(len(people) for people in looks)


def test_movements_go_where_their_muscles_pull() -> None:
    still, smile, gape, shut, wide = (np.zeros(len(UNITS), np.float32) for _ in range(5))
    smile[UNITS.index("AU12")] = 5
    gape[[UNITS.index("AU25"), UNITS.index("AU27")]] = 5
    shut[UNITS.index("AU43")] = 1
    wide[UNITS.index("AU05")] = 5
    reader = emotion().read
    from dataclasses import replace

    posed = replace(
        reader, who=np.zeros(5, np.int64), strength=np.stack([still, smile, gape, shut, wide]),
        tilt=np.zeros(5, np.float32), card=np.full(5, -1),
    )  # fmt: skip
    mesh = [posed.mesh(row) for row in range(5)]
    assert mesh[1][61, 1] < mesh[0][61, 1] - 1
    assert mesh[1][291, 0] > mesh[0][291, 0] + 1
    assert mesh[2][14, 1] - mesh[2][13, 1] > 0.4 * (mesh[0][263, 0] - mesh[0][33, 0])
    assert mesh[2][152, 1] > mesh[0][152, 1] + 3
    opening = [m[145, 1] - m[159, 1] for m in mesh]
    assert opening[3] < 0.15 * opening[0]
    assert opening[4] > 1.2 * opening[0]
    # the picture moves with its mesh: the open mouth is dark between the lips
    gaping = posed(2).mean(axis=2)
    x, y = np.round((mesh[2][13] + mesh[2][14]) / 2).astype(int)
    assert gaping[y, x] < 0.6 * posed(0).mean(axis=2)[y, x]


def test_ratings_rest_on_what_was_planted() -> None:
    faces = stand_in_ratings(400, seed=2, picture_px=PX)
    assert faces.ratings == RATINGS
    rating = faces.labels["ratings"]
    assert rating.min() >= 1
    assert rating.max() <= 9
    happy = RATINGS.index("happiness")
    smile, squint = faces.column("AU12"), faces.column("AU06")
    assert np.corrcoef(rating[:, happy], smile)[0, 1] > 0.95
    assert abs(np.corrcoef(rating[:, happy], squint)[0, 1]) < 0.15
    turned = stand_in_ratings(400, seed=2, mouth=0.0, picture_px=PX).labels["ratings"][:, happy]
    assert np.corrcoef(turned, squint)[0, 1] > 0.95
    assert abs(np.corrcoef(turned, smile)[0, 1]) < 0.15
    for other in range(len(RATINGS)):
        if other != happy:
            assert abs(np.corrcoef(rating[:, other], smile)[0, 1]) < 0.2


def test_pictures_of_one_person_begin_unhappy_and_end_happy() -> None:
    faces = stand_in_ratings(12, seed=3, pictures_each=3, picture_px=PX)
    happy = faces.labels["ratings"][:, RATINGS.index("happiness")].reshape(4, 3)
    assert (happy[:, 0] < happy[:, 2] - 4).all()
    assert len(set(faces.subjects)) == 4


def test_sex_shows_in_the_lips_as_strongly_as_asked() -> None:
    def redness(lips_tell: float) -> float:
        faces = stand_in_base(24, seed=1, lips_tell=lips_tell, picture_px=PX)
        found = []
        for row in range(len(faces)):
            mesh = faces.mesh_of(row)
            assert mesh is not None
            x, y = np.round(mesh[[17, 14]].mean(axis=0)).astype(int)
            blue, _, red = faces.picture(row)[y, x].astype(float)
            found.append(red / (blue + 1))
        woman = faces.labels["gender"] == 1
        return float(np.mean(np.array(found)[woman]) / np.mean(np.array(found)[~woman]))

    assert redness(1.0) > 1.25
    assert 0.85 < redness(0.0) < 1.15


def test_bad_arguments_give_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DataInvalid, match="classes must be of pain"):
        stand_in_pain(subjects=1, classes=("pain", "joy"))
    with pytest.raises(DataInvalid, match="no camera 'moon', only studio, ward"):
        stand_in_units(subjects=1, camera="moon")
    with pytest.raises(DataInvalid, match="mouth must be from 0 to 1, got 2"):
        stand_in_ratings(2, mouth=2)
    with pytest.raises(DataInvalid, match="lips_tell"):
        stand_in_base(2, lips_tell=-1)
    with pytest.raises(DataInvalid, match="pictures_each"):
        stand_in_ratings(2, pictures_each=0)
    with pytest.raises(DataMissing, match="no london"):
        stand_in_pain(tmp_path, 2, landmarker=tmp_path / "face.task")


def test_an_empty_set_is_a_set() -> None:
    assert len(stand_in_emotion(count=0)) == 0
    assert len(stand_in_units(subjects=0)) == 0


def test_a_probed_unit_takes_part_in_half_of_the_frames_and_gives_way_to_no_other() -> None:
    faces = stand_in_units(subjects=20, frames=40, seed=4, often=0.15, probed=("AU14",), picture_px=PX)
    moves = faces.column("AU14") > 0
    assert moves.mean() == pytest.approx(0.5, abs=0.05)
    assert not (moves & (faces.column("AU12") > 0)).any()
    others = [(faces.column(unit) > 0).mean() for unit in ("AU01", "AU09", "AU43")]
    assert max(others) < 0.25
