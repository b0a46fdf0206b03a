"""Simulated films look like what they claim, by what can be measured in their pictures, and repeat exactly."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import DataMissing
from monitor.demo.photograph import POINTS, Photograph, photograph_path
from monitor.face.landmarks import Landmarker
from monitor.simulations import light, props
from monitor.simulations.behaviours import BEHAVIOURS
from monitor.simulations.faces import CANVAS_PX, EYES_APART_PX, REFERENCE_EYES_PX, Face, load_faces
from monitor.simulations.film import CALM_S, PAIN_S, PICTURE_PX, Cast, Film, Plan
from monitor.simulations.movements import SHIFTS, STROKES, Move
from monitor.simulations.performer import Performer


@pytest.fixture(scope="module")
def landmarks(landmarker: Path):
    opened = Landmarker(landmarker, video=False)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def face(landmarks) -> Face:
    return load_faces(None, landmarks)[0]


@pytest.fixture(scope="module")
def performer(face) -> Performer:
    return Performer(face.photograph)


def around(picture, place, half=4):
    x, y = (round(float(value)) for value in place)
    return picture[y - half : y + half + 1, x - half : x + half + 1].astype(float)


def film_of(face: Face, name: str, *, in_pain: bool = False, seed: int = 5) -> Film:
    return Film(name, face, Plan(BEHAVIOURS[name], in_pain, seed), Cast())


def test_the_photograph_is_laid_upright_with_the_eyes_where_they_belong(face):
    eyes = [face.mesh[list(pair)].mean(axis=0) for pair in ((33, 133), (263, 362))]
    np.testing.assert_allclose(eyes[1] - eyes[0], [EYES_APART_PX, 0], atol=0.01)
    assert face.photograph.pixels.shape == (CANVAS_PX, CANVAS_PX, 3)
    assert face.photograph.scale == pytest.approx(EYES_APART_PX / REFERENCE_EYES_PX)


def test_every_movement_moves_points_that_are_on_the_photograph():
    assert set(SHIFTS) == set(Move)
    for move, shifts in SHIFTS.items():
        assert set(shifts) <= set(POINTS), move
    assert set(STROKES) <= set(Move)


def test_a_face_at_rest_is_the_photograph(face, performer):
    np.testing.assert_array_equal(performer.picture({}), face.photograph.pixels)


def test_strength_moves_the_picture_further_and_leaves_the_background(face, performer):
    still = face.photograph.pixels.astype(float)
    for move in set(Move) - {Move.ASIDE, Move.LIDS_UP}:
        half, full = (np.abs(performer.picture({move: value}) - still) for value in (0.5, 1.0))
        assert 0 < half.mean() < full.mean(), move
        assert full[:40].max() == 0, move


def test_a_dropped_jaw_opens_a_dark_mouth(face, performer):
    wide = performer.picture({Move.JAW: 1.0})
    below_the_lip = face.mesh[14] + [0.0, 14.0]
    assert around(wide, below_the_lip).mean() < 0.5 * around(face.photograph.pixels, below_the_lip).mean()


def test_closed_lids_hide_the_pupils(face, performer):
    shut = performer.picture({Move.LIDS: 1.0})
    for pupil in light.IRISES:
        above = face.mesh[pupil] - [0.0, 1.5]  # the lids meet below the pupil, in a dark line of lashes
        assert around(shut, above, 1).mean() > around(face.photograph.pixels, above, 1).mean() + 15


def test_glasses_frame_the_eyes_and_dark_ones_hide_them(face):
    bare = face.photograph.pixels
    clear, dark = (prop(face)(bare, 1.0) for prop in (props.glasses, props.dark_glasses))
    for iris in light.IRISES:
        assert around(dark, face.mesh[iris]).std() < 0.35 * around(bare, face.mesh[iris]).std()
        assert around(dark, face.mesh[iris]).mean() < 60
        assert around(clear, face.mesh[iris]).std() > 0.4 * around(bare, face.mesh[iris]).std()
    np.testing.assert_array_equal(clear[300:], bare[300:])


@pytest.mark.parametrize("prop", [props.hand, props.blanket])
def test_hand_and_blanket_cover_the_mouth_and_leave_the_eyes(face, prop):
    laid, bare = prop(face), face.photograph.pixels
    np.testing.assert_array_equal(laid(bare, 0.0), bare)
    covered = np.abs(laid(bare, 1.0).astype(float) - bare).sum(axis=2)
    for number in (13, 14, 17, 61, 291, 0):
        assert (around(covered[:, :, None], face.mesh[number], 2) > 0).mean() > 0.9, number
    for number in (33, 133, 159, 145, 362, 263, 9):
        assert around(covered[:, :, None], face.mesh[number], 2).max() < 20, number  # the blanket's faint shadow


def test_the_pillow_turns_the_face_by_90_degrees(face, landmarks):
    size = face.photograph.pixels.shape[0]
    lying = props.pillow(face)(face.photograph.pixels, 1.0)
    forehead, chin = (face.mesh[number] for number in (10, 152))
    turned = np.array([size - 1 - forehead[1], forehead[0]]) - np.array([size - 1 - chin[1], chin[0]])
    assert turned[0] > 4 * abs(turned[1])  # the forehead points to the right
    eyes = np.rot90(face.photograph.pixels, k=-1)
    for number in (33, 263):
        x, y = face.mesh[number]
        place = (size - 1 - y, x)
        np.testing.assert_allclose(around(lying, place, 2), around(eyes, place, 2), atol=5)


def test_infrared_is_grey_with_shining_pupils(face, rng):
    night = light.infrared_face(face)
    for pupil in light.IRISES:
        assert around(night.pixels, face.mesh[pupil], 1).max() > 200
    picture = light.infrared_camera(night.pixels, rng)
    np.testing.assert_array_equal(picture[:, :, 0], picture[:, :, 2])
    assert picture[:20, :20].mean() < picture[180:260, 180:260].mean()


def test_low_light_dims_and_is_grainier_for_its_light(face, rng):
    dim = light.low_light(face.photograph.pixels, rng, gain=0.3).astype(float)
    assert dim.mean() == pytest.approx(0.3 * face.photograph.pixels.mean(), rel=0.15)


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_every_behaviour_makes_pictures(face, name):
    film = film_of(face, name, in_pain=True)
    pictures = [film.picture(at_s) for at_s in (0.0, CALM_S + 2.0, CALM_S + 12.0)]
    for picture in pictures:
        assert picture.shape == (PICTURE_PX, PICTURE_PX, 3)
        assert picture.dtype == np.uint8
    assert np.abs(pictures[1].astype(float) - pictures[2]).mean() > 1.0


def test_the_same_plan_gives_the_same_film_and_another_seed_another(face):
    first, again, other = (list(film_of(face, "coughing", seed=seed).frames())[:12] for seed in (5, 5, 6))
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0].pixels, other[0].pixels)
    assert [frame.captured_s for frame in first[:3]] == pytest.approx([0.0, 0.2, 0.4])


def test_the_grimace_comes_when_the_plan_says_and_stays_to_the_end():
    plan = Plan(BEHAVIOURS["calm"], True, 1)
    assert plan.pain_s == CALM_S + 4.0
    assert plan.length_s == plan.pain_s + PAIN_S
    assert Plan(BEHAVIOURS["calm"], False, 1).pain_s is None


def test_a_grimace_shows_against_the_same_film_without_one(face):
    calm, pain = (film_of(face, "calm", in_pain=in_pain) for in_pain in (False, True))
    before = np.abs(calm.picture(3.0).astype(float) - pain.picture(3.0)).mean()
    after = np.abs(calm.picture(12.0).astype(float) - pain.picture(12.0)).mean()
    assert after > before + 0.5


def test_a_laughing_photograph_takes_the_place_of_the_drawn_laugh(face):
    pixels = np.full_like(face.photograph.pixels, 77)
    other = Face(
        face.name, face.photograph, face.mesh, Photograph(pixels, face.photograph.scale, face.photograph.points)
    )
    laughing = film_of(other, "laughing").picture(CALM_S + 3.0).astype(float)
    assert np.abs(laughing - 77).mean() < 6
    in_pain = film_of(other, "laughing", in_pain=True).picture(CALM_S + 10.0).astype(float)
    assert np.abs(in_pain - 77).mean() > 20


def test_a_folder_of_pictures_gives_one_face_each_and_the_lab_layout_every_fourth(tmp_path, landmarks):
    picture = cv2.imread(str(photograph_path()))
    for folder, names in ((tmp_path / "own", ("b.png", "a.png")), (tmp_path / "lab" / "london", ())):
        folder.mkdir(parents=True)
        for name in names:
            cv2.imwrite(str(folder / name), picture)
    for number in range(1, 7):
        cv2.imwrite(str(tmp_path / "lab" / "london" / f"{number:03}_neutral.jpg"), picture)
    cv2.imwrite(str(tmp_path / "lab" / "london" / "005_smiling.jpg"), picture)
    assert [found.name for found in load_faces(tmp_path / "own", landmarks)] == ["a", "b"]
    lab = load_faces(tmp_path / "lab", landmarks)
    assert [found.name for found in lab] == ["london/001", "london/005"]
    assert [found.laughing is not None for found in lab] == [False, True]


def test_the_people_are_those_held_out_from_training():
    pytest.importorskip("scipy")
    from models.recipes.face112_data import is_held_out
    from monitor.simulations.faces import HELD_OUT_EVERY

    people = list(range(80))
    assert people[::HELD_OUT_EVERY] == [person for person in people if is_held_out(person)]


def test_faces_that_cannot_be_had_are_said_in_one_line(tmp_path, landmarks):
    with pytest.raises(DataMissing, match="no such folder"):
        load_faces(tmp_path / "nothing", landmarks)
    with pytest.raises(DataMissing, match="no pictures"):
        load_faces(tmp_path, landmarks)
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200, 3), 128, np.uint8))
    with pytest.raises(DataMissing, match=r"wall.png: no face"):
        load_faces(tmp_path, landmarks)
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(DataMissing, match=r"a.jpg: not a picture"):
        load_faces(tmp_path, landmarks)
