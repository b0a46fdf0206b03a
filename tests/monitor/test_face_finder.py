"""Real faces in real backgrounds: small, moving, crossing, sideways, upside down, dark, blurred, cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import pytest

from monitor.face.assets import locate
from monitor.face.crop import crop_face
from monitor.face.finder import FaceFinder
from monitor.face.settings import FaceSettings
from monitor.records import FaceMissing, FaceObservation, Frame, MissingReason, QualityReason

Observed = tuple[list[FaceObservation], FaceObservation | FaceMissing]
Observe = Callable[..., list[Observed]]

FACE = (262.7, 233.5, 193.7)
"""Centre and size of the face in the photograph, px."""


@pytest.fixture(scope="module")
def asset(shared: Path) -> Path:
    beside = shared / "assets" / "face_landmarker.task"
    return beside if beside.exists() else locate()


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return cv2.imread(str(Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"))


@pytest.fixture(scope="module")
def room() -> np.ndarray:
    """A ward wall: smooth shades and a little structure, 720p, without anything like a face."""
    rng = np.random.default_rng(4)
    coarse = cv2.resize(rng.uniform(90, 150, (5, 8, 3)).astype(np.float32), (1280, 720), interpolation=cv2.INTER_CUBIC)
    return np.clip(coarse + rng.normal(0, 3, coarse.shape), 0, 255).astype(np.uint8)


@pytest.fixture
def observe(asset: Path) -> Observe:
    def _observe(pictures: Iterable[np.ndarray], *, fps: float = 30.0, **settings: object) -> list[Observed]:
        with FaceFinder(asset, FaceSettings(**settings)) as finder:
            return [finder.observe(as_frame(number, picture, fps)) for number, picture in enumerate(pictures)]

    return _observe


def as_frame(number: int, pixels: np.ndarray, fps: float = 30.0) -> Frame:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    return Frame(
        frame_id=number,
        source_id="test",
        captured_s=number / fps,
        captured_at=start + timedelta(seconds=number / fps),
        pixels=np.ascontiguousarray(pixels),
    )


def paste(room: np.ndarray, portrait: np.ndarray, at: tuple[float, float], size: float) -> np.ndarray:
    """The head of the portrait, softly cut out, with a face of ``size`` px centred ``at``."""
    cx, cy, face = FACE
    scale = size / face
    yy, xx = np.mgrid[: portrait.shape[0], : portrait.shape[1]]
    away = np.hypot((xx - cx) / (face * 0.95), (yy - cy) / (face * 1.1))
    mask = np.clip(3 - 3 * away**2, 0, 1).astype(np.float32)
    small = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(mask, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    shift = np.array([[1, 0, at[0] - cx * scale], [0, 1, at[1] - cy * scale]])
    share = cv2.warpAffine(mask, shift, room.shape[1::-1])[..., None]
    head = cv2.warpAffine(small, shift, room.shape[1::-1])
    return (room * (1 - share) + head * share).astype(np.uint8)


def clip(path: Path) -> Iterator[np.ndarray]:
    film = cv2.VideoCapture(str(path))
    while True:
        there, picture = film.read()
        if not there:
            return
        yield picture


def seen(observed: list[Observed]) -> list[FaceObservation]:
    return [resident for _, resident in observed if isinstance(resident, FaceObservation)]


def centre(face: FaceObservation) -> tuple[float, float]:
    return face.box[0] + face.box[2] / 2, face.box[1] + face.box[3] / 2


def test_a_face_of_64_px_in_720p_is_found_at_once_and_followed(observe, room, portrait):
    path = [(250 + 12 * t, 420 - 4 * t) for t in range(60)]
    observed = observe([paste(room, portrait, at, 64) for at in path])
    faces = seen(observed)
    assert len(faces) == len(path)
    assert {face.track_id for face in faces} == {1}
    for face, (x, y) in zip(faces, path, strict=True):
        assert np.hypot(centre(face)[0] - x, centre(face)[1] - y) < 12
        assert 50 < face.quality.face_px < 80
        assert face.quality.reasons == ()


def test_a_face_that_appears_later_is_found_within_half_a_second(observe, room, portrait):
    pictures = [room] * 20 + [paste(room, portrait, (900, 300), 64)] * 25
    observed = observe(pictures)
    assert all(isinstance(r, FaceMissing) and r.reason is MissingReason.NO_FACE for _, r in observed[:20])
    assert len(seen(observed)) >= 10
    assert isinstance(observed[-1][1], FaceObservation)


def test_a_tiny_face_is_too_small(observe, room, portrait):
    faces = seen(observe([paste(room, portrait, (640, 300), 40)] * 3))
    assert faces
    assert all(QualityReason.TOO_SMALL in face.quality.reasons for face in faces)


def test_crossing_faces_keep_their_numbers(observe, room, portrait, clips):
    other = cv2.imread(str(clips / "single_face.jpg"))
    with_other = _head_of(other, 250)
    pictures, truth = [], []
    for t in range(90):
        mine, theirs = (350 + 7 * t, 300.0), (950 - 7 * t, 330.0)
        picture = _place(room, with_other, theirs)
        pictures.append(paste(picture, portrait, mine, 120))
        truth.append((mine, theirs))
    observed = observe(pictures)
    front = [_track_at(faces, mine) for (faces, _), (mine, _) in zip(observed, truth, strict=True)]
    back = [_track_at(faces, theirs) for (faces, _), (_, theirs) in zip(observed, truth, strict=True)]
    assert set(front[:20]) == set(front[-20:])
    assert set(back[:20]) == set(back[-20:])
    assert len({front[0], back[0]} - {None}) == 2


def _head_of(picture: np.ndarray, size: int) -> np.ndarray:
    scale = size / picture.shape[0]
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _place(room: np.ndarray, head: np.ndarray, at: tuple[float, float]) -> np.ndarray:
    out = room.copy()
    x, y = int(at[0] - head.shape[1] / 2), int(at[1] - head.shape[0] / 2)
    out[y : y + head.shape[0], x : x + head.shape[1]] = head
    return out


def _track_at(faces: list[FaceObservation], at: tuple[float, float]) -> int | None:
    near = [face for face in faces if np.hypot(centre(face)[0] - at[0], centre(face)[1] - at[1]) < 60]
    return near[0].track_id if near else None


@pytest.mark.parametrize(("turn", "roll"), [(cv2.ROTATE_90_CLOCKWISE, 90), (cv2.ROTATE_90_COUNTERCLOCKWISE, -90)])
def test_a_face_on_the_pillow_is_judged(observe, room, portrait, turn, roll):
    upright = paste(room, portrait, (640, 300), 130)
    faces = seen(observe([cv2.rotate(upright, turn)] * 5))
    assert len(faces) == 5
    assert all(face.quality.reasons == () for face in faces)
    assert all(abs(face.pose.roll_deg - roll) < 20 for face in faces)


def test_a_face_upside_down_is_refused_or_not_seen(observe, london):
    mistaken, refused = [], 0
    for name, picture in london:
        for _, resident in observe([cv2.rotate(picture, cv2.ROTATE_180)] * 4)[1:]:
            if isinstance(resident, FaceObservation):
                refused += QualityReason.UPSIDE_DOWN in resident.quality.reasons
                mistaken += [name] * (QualityReason.UPSIDE_DOWN not in resident.quality.reasons)
    assert mistaken == []
    assert refused >= 4


def test_no_upright_face_is_taken_for_upside_down(observe, london):
    for name, picture in london:
        faces = seen(observe([picture] * 2))
        assert len(faces) == 2, name
        assert not any(QualityReason.UPSIDE_DOWN in face.quality.reasons for face in faces), name


@pytest.fixture(scope="module")
def london(shared: Path) -> list[tuple[str, np.ndarray]]:
    """Sixteen portraits, the face a quarter of the picture's side."""
    pictures = []
    for path in sorted((shared / "data" / "london").glob("*.jpg"))[::6][:16]:
        small = _head_of(cv2.imread(str(path)), 360)
        pictures.append((path.name, cv2.copyMakeBorder(small, 150, 150, 150, 150, cv2.BORDER_REPLICATE)))
    return pictures


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda p: (p * 0.12).astype(np.uint8), QualityReason.DARK),
        (lambda p: cv2.GaussianBlur(p, (0, 0), 5), QualityReason.BLURRED),
        (lambda p: p[:, 570:], QualityReason.CUT_OFF),
    ],
    ids=["dark", "blurred", "cut off"],
)
def test_a_spoilt_face_is_refused_with_its_reason(observe, room, portrait, spoil, reason):
    good = paste(room, portrait, (600, 300), 130)
    assert all(face.quality.assessable for face in seen(observe([good] * 3)))
    faces = seen(observe([spoil(good)] * 3))
    assert faces
    assert all(reason in face.quality.reasons for face in faces)


@pytest.mark.parametrize("name", ["asl_again", "asl_brother", "asl_hungry", "asl_night"])
def test_signing_people_are_followed_in_every_frame(observe, clips, name):
    observed = observe(clip(clips / f"{name}.mkv"))
    faces = seen(observed)
    assert len(faces) == len(observed)
    assert {face.track_id for face in faces} == {1}
    assert sum(face.quality.assessable for face in faces) >= 0.95 * len(faces)


def test_two_heads_that_turn_keep_their_numbers_and_order(observe, clips):
    observed = observe(clip(clips / "head-pose-face-detection-female-and-male.gif"), fps=12.5)
    assert all([face.track_id for face in faces] == [1, 2] for faces, _ in observed)
    turned = [faces[0].pose for faces, _ in observed]
    assert min(pose.roll_deg for pose in turned) < -45
    assert np.median([pose.yaw_deg for pose in turned]) < -25


def test_a_film_without_faces_has_none(observe, clips):
    observed = observe(clip(clips / "no_face.mp4"))
    assert observed
    assert not any(faces for faces, _ in observed)


@pytest.mark.parametrize(("name", "first"), [("face_noface.mov", True), ("noface_face.mov", False)])
def test_a_person_who_comes_or_goes(observe, clips, name, first):
    observed = observe(clip(clips / name))
    there = [isinstance(resident, FaceObservation) for _, resident in observed]
    half = there[: len(there) // 2] if first else there[len(there) // 2 :]
    assert sum(half) >= 0.8 * 72
    assert sum(there) - sum(half) <= 5


def test_all_faces_of_a_still_from_left_to_right(observe, clips):
    ((faces, resident),) = observe([cv2.imread(str(clips / "multi_face.jpg"))], still=True)
    assert len(faces) == 5
    assert [face.box[0] for face in faces] == sorted(face.box[0] for face in faces)
    assert isinstance(resident, FaceObservation)
    assert sum(face.resident for face in faces) == 1


@pytest.mark.parametrize("shape", [(1, 1), (2, 500), (4320, 7680)])
def test_pictures_of_any_size(observe, shape):
    ((faces, resident),) = observe([np.full((*shape, 3), 120, np.uint8)])
    assert faces == []
    assert isinstance(resident, FaceMissing)


def test_only_a_face_in_the_zone_is_the_residents(observe, room, portrait):
    pictures = [paste(room, portrait, (300, 300), 100)] * 3
    observed = observe(pictures, zone=(0.5, 0.0, 0.5, 1.0))
    assert all(isinstance(r, FaceMissing) and r.reason is MissingReason.NOT_THE_RESIDENT for _, r in observed)
    assert all(r.other_faces == 1 for _, r in observed)
    assert len(seen(observe(pictures, zone=(0.0, 0.0, 0.5, 1.0)))) == 3


def test_the_same_pictures_give_the_same_meshes(observe, clips):
    pictures = list(clip(clips / "asl_hungry.mkv"))[:20]
    one, two = seen(observe(pictures)), seen(observe(pictures))
    assert all(np.array_equal(a.landmarks, b.landmarks) for a, b in zip(one, two, strict=True))


def test_the_crop_is_upright_and_maps_back(observe, room, portrait):
    picture = cv2.rotate(paste(room, portrait, (640, 300), 130), cv2.ROTATE_90_CLOCKWISE)
    face = seen(observe([picture]))[0]
    crop = crop_face(as_frame(0, picture), face)
    assert crop.pixels.shape == (112, 112, 3)
    eyes = crop.landmarks[[33, 263]]
    assert eyes[0, 0] < eyes[1, 0]
    assert abs(eyes[0, 1] - eyes[1, 1]) < 8
    back = crop.landmarks @ crop.to_frame[:, :2].T + crop.to_frame[:, 2]
    assert np.abs(back - face.landmarks).max() < 0.1
