"""Picture checks as scripted stories, at five pictures a second of simulated time."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from monitor.alerts.topics import Topic
from monitor.capture.checks import PictureChecks
from monitor.demo.photograph import photograph_path
from monitor.ward.sources import CaptureSettings

SETTINGS = CaptureSettings()
STEP_S = 0.2
Shot = Callable[[int], np.ndarray]


@pytest.fixture(scope="module")
def room() -> np.ndarray:
    return cv2.resize(cv2.imread(str(photograph_path())), (320, 180), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="module")
def noise() -> list[np.ndarray]:
    """Sensor noise to put over pictures, 31 of them."""
    rng = np.random.default_rng(5)
    return [rng.integers(-2, 3, (180, 320, 3)).astype(np.int16) for _ in range(31)]


def noisy(picture: np.ndarray, noise: list[np.ndarray]) -> Shot:
    return lambda number: np.clip(picture.astype(np.int16) + noise[number % 31], 0, 255).astype(np.uint8)


class Story:
    """Plays shots for a time and says when a fault began and ended."""

    def __init__(self, asked: tuple[int, int] | None = None) -> None:
        self.checks = PictureChecks(SETTINGS, asked)
        self.number = 0

    @property
    def now_s(self) -> float:
        return self.number * STEP_S

    def play(self, shot: Shot, for_s: float) -> dict[Topic, float]:
        """Faults seen, with the seconds after which each began."""
        begun_s, found = self.now_s, {}
        while self.now_s < begun_s + for_s:
            self.number += 1
            self.checks.step(shot(self.number), self.now_s)
            for topic in self.checks.faults():
                found.setdefault(topic, self.now_s - begun_s)
        return found

    @property
    def faults(self) -> tuple[Topic, ...]:
        return self.checks.faults()


def test_a_good_picture_has_no_fault(room: np.ndarray, noise: list[np.ndarray]):
    story = Story()
    assert story.play(noisy(room, noise), 60) == {}
    assert story.checks.size == story.checks.usual_size == (320, 180)


def test_a_frozen_picture_is_told_before_an_alert_is_due(room: np.ndarray, noise: list[np.ndarray]):
    """With the usual delay of camera alerts (5 s) that makes at most 15 s."""
    story = Story()
    story.play(noisy(room, noise), 10)
    found = story.play(lambda _: room, 30)
    assert set(found) == {Topic.PICTURE_FROZEN}
    assert SETTINGS.frozen_after_s <= found[Topic.PICTURE_FROZEN] <= 9.5
    story.play(noisy(room, noise), 1)
    assert story.faults == ()


def test_a_still_sleeper_with_sensor_noise_is_never_frozen(room: np.ndarray):
    """Eight hours; the noise is one level in one pixel of a thousand, and alike every 97 pictures."""
    small, rng = cv2.resize(room, (96, 72)), np.random.default_rng(3)
    shots = []
    for _ in range(97):
        shot = small.copy()
        shot[rng.random(small.shape) < 0.001] += 1
        shots.append(shot)
    checks = PictureChecks(SETTINGS)
    for number in range(2 * 3600):
        checks.step(shots[number % 97], 4.0 * number)
        assert checks.faults() == ()


def test_a_quiet_encoded_night_is_no_fault(tmp_path: Path):
    """H.264 at a low rate with a key picture every 17 s: the encoder repeats what it can."""
    rng = np.random.default_rng(8)
    dim = (cv2.resize(cv2.imread(str(photograph_path())), (320, 180)) * 0.25).astype(np.int16) + 8
    raw = b"".join(
        np.clip(dim + np.rint(rng.normal(0, 1.5, (180, 320, 1))), 0, 255).astype(np.uint8).tobytes() for _ in range(300)
    )
    film = tmp_path / "night.mp4"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", "320x180", "-r", "15",
         "-i", "pipe:0", "-c:v", "libx264", "-preset", "veryfast", "-crf", "32", "-g", "250", "-threads", "1",
         str(film)],
        input=raw, check=True, timeout=60,
    )  # fmt: skip
    capture, checks, seen = cv2.VideoCapture(str(film)), PictureChecks(SETTINGS), 0
    for lap in range(3):
        capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
        while (read := capture.read())[0]:
            assert checks.step(read[1], seen / 15), f"torn at {seen}, lap {lap}"
            assert checks.faults() == ()
            seen += 1
    assert seen == 900


def test_black_begins_and_ends_with_hysteresis(room: np.ndarray, noise: list[np.ndarray]):
    story = Story()
    story.play(noisy(room, noise), 5)
    assert story.play(noisy(np.full_like(room, 5), noise), 1.5) == {}
    assert set(story.play(noisy(np.full_like(room, 5), noise), 3)) == {Topic.PICTURE_BLACK}
    barely = np.full_like(room, 13)  # above the threshold, below the margin
    barely[:, ::2] += 1
    story.play(noisy(barely, noise), 10)
    assert Topic.PICTURE_BLACK in story.faults
    story.play(noisy(room, noise), 1.0)
    assert Topic.PICTURE_BLACK in story.faults
    story.play(noisy(room, noise), 2.0)
    assert story.faults == ()


def test_a_covered_lens_with_noise_and_a_clock_in_the_picture(room: np.ndarray, noise: list[np.ndarray]):
    hand = np.full_like(room, 60)
    hand[:, :, 2] = np.linspace(58, 64, 320).astype(np.uint8)

    def covered(number: int) -> np.ndarray:
        shot = noisy(hand, noise)(number)
        cv2.putText(shot, f"2026-11-21 12:00:{number % 60:02}", (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255,) * 3)
        return shot

    story = Story()
    story.play(noisy(room, noise), 5)
    assert set(story.play(covered, 60)) == {Topic.PICTURE_COVERED}
    story.play(noisy(room, noise), 3)
    assert story.faults == ()


def test_of_a_dead_black_picture_only_black_is_told(room: np.ndarray):
    story = Story()
    story.play(lambda _: np.zeros_like(room), 60)
    assert story.faults == (Topic.PICTURE_BLACK,)


def test_dim_light_and_a_lit_face_are_a_picture(room: np.ndarray, noise: list[np.ndarray]):
    dim = (room * 0.12).astype(np.uint8) + 8
    dim[60:120, 130:180] = room[60:120, 130:180]
    assert Story().play(noisy(dim, noise), 30) == {}


def test_torn_pictures_are_refused_and_told_when_they_are_many(room: np.ndarray, noise: list[np.ndarray]):
    story = Story()
    good = noisy(room, noise)

    def torn(number: int) -> np.ndarray:
        shot = good(number)
        shot[90:] = 128
        return shot

    assert not story.checks.step(torn(0), 0.0)
    story.number = 30
    assert story.play(good, 10) == {}
    assert story.play(lambda number: torn(number) if number % 20 == 0 else good(number), 20) == {}  # 5%
    assert Topic.PICTURE_TORN in story.play(lambda number: torn(number) if number % 3 == 0 else good(number), 5)
    story.play(good, 6)
    assert story.faults == ()


def test_pictures_that_cannot_be_decoded_count_as_torn(room: np.ndarray, noise: list[np.ndarray]):
    story = Story()
    story.play(noisy(room, noise), 4)
    for number in range(10):
        story.checks.damaged(4 + number / 10)
    assert story.faults == (Topic.PICTURE_TORN,)


def test_a_half_that_stands_still_while_the_other_moves_is_torn(room: np.ndarray, noise: list[np.ndarray]):
    story = Story()
    good = noisy(room, noise)

    def half(number: int) -> np.ndarray:
        shot = good(number)
        shot[:90] = room[:90]
        return shot

    assert story.play(half, 30) == {}  # an encoder may do that
    found = story.play(half, 15)
    assert set(found) == {Topic.PICTURE_TORN}
    story.play(good, 1)
    assert story.faults == ()


def test_black_bars_may_stand_still(room: np.ndarray, noise: list[np.ndarray]):
    barred = noisy(room, noise)

    def shot(number: int) -> np.ndarray:
        picture = barred(number)
        picture[:45] = picture[135:] = 16
        return picture

    assert Story().play(shot, 90) == {}


def test_a_size_that_changed_or_is_not_the_one_asked_for(room: np.ndarray, noise: list[np.ndarray]):
    other = noisy(room, noise)
    story = Story()
    story.play(other, 6)
    assert set(story.play(lambda number: other(number)[:120], 5)) == {Topic.PICTURE_SIZE}
    story.play(other, 3)
    assert story.faults == ()
    assert set(Story(asked=(640, 360)).play(other, 5)) == {Topic.PICTURE_SIZE}
    assert Story(asked=(320, 180)).play(other, 5) == {}
