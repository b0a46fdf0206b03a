"""Torn pictures: what decoders paint is seen, what cameras show is not mistaken for it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from monitor.capture.torn import looks_torn
from monitor.demo.photograph import photograph_path


@pytest.fixture(scope="module")
def room() -> np.ndarray:
    """A photograph (H, W, 3) at a camera's size."""
    return cv2.resize(cv2.imread(str(photograph_path())), (640, 360), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("colour", [(128, 128, 128), (0, 135, 0)])
def test_a_part_that_was_never_decoded(room: np.ndarray, share: float, colour: tuple[int, int, int]):
    torn = room.copy()
    torn[int(360 * share) :] = colour
    assert looks_torn(torn)
    assert looks_torn(torn[::-1])


def test_a_jpeg_that_was_cut_off(room: np.ndarray):
    whole = cv2.imencode(".jpg", room)[1].tobytes()
    assert not looks_torn(cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_COLOR))
    cut = whole[: len(whole) // 2] + b"\xff\xd9"
    assert looks_torn(cv2.imdecode(np.frombuffer(cut, np.uint8), cv2.IMREAD_COLOR))


def test_a_row_drawn_down_to_the_bottom(room: np.ndarray):
    torn = room.copy()
    torn[200:] = room[200]
    assert looks_torn(torn)


def test_whole_pictures_are_not_torn(room: np.ndarray, rng: np.random.Generator):
    letterboxed = np.zeros((480, 640, 3), np.uint8)
    letterboxed[60:420] = room
    window = room.copy()
    window[:180] = 255
    wall = np.clip(128 + rng.normal(0, 2.0, room.shape), 0, 255).astype(np.uint8)
    blanket = room.copy()
    blanket[180:] = wall[180:]
    curtain = room.copy()
    curtain[150:] = np.clip(room[150] + rng.normal(0, 2.0, (210, 640, 3)), 0, 255)
    for name, picture in {
        "room": room, "letterboxed": letterboxed, "window": window, "wall": wall, "blanket": blanket,
        "curtain": curtain, "black": np.zeros_like(room), "grey": np.full_like(room, 128), "tiny": room[:40, :10],
    }.items():  # fmt: skip
        assert not looks_torn(picture), name


@pytest.mark.parametrize("name", ["asl_night.mkv", "no_face.mp4", "face_noface.mov", "single_face.mp4"])
def test_no_picture_of_the_recordings_is_torn(clips: Path, name: str):
    capture = cv2.VideoCapture(str(clips / name))
    seen = 0
    while seen < 200 and (read := capture.read())[0]:
        assert not looks_torn(read[1])
        seen += 1
    assert seen > 20
