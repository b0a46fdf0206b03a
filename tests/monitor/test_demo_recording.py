"""The demo recording: a smooth warp, a face that acts, pictures that repeat, a video that is whole or not there."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from monitor.demo.actor import Actor
from monitor.demo.expression import Expression, moved_points
from monitor.demo.photograph import POINTS, load_photograph
from monitor.demo.recording import RecordingSettings, demo_pictures, make_recording
from monitor.demo.script import Act, written_script
from monitor.demo.warp import backward_field, moving_least_squares
from monitor.errors import OutputError, ServiceUnavailable

SHORT = RecordingSettings(
    fps=5.0,
    script=written_script(
        ((Act.NEUTRAL, 1.0), (Act.GRIMACE, 2.0), (Act.LAUGH, 2.0), (Act.COVERED, 2.0), (Act.TURNED_AWAY, 2.0))
    ),
)


@pytest.fixture(scope="module")
def actor() -> Actor:
    return Actor(load_photograph(1.1))


def test_moving_least_squares_takes_points_to_their_places(rng):
    before = rng.uniform(0, 100, (12, 2))
    after = before + rng.uniform(-4, 4, (12, 2))
    np.testing.assert_allclose(moving_least_squares(before, before, after), after, atol=0.05)


def test_moving_least_squares_reproduces_a_similarity_everywhere(rng):
    before = rng.uniform(0, 100, (9, 2))
    turn = 1.2 * np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    places = rng.uniform(-50, 150, (40, 2))
    np.testing.assert_allclose(
        moving_least_squares(places, before, before @ turn.T + [5, -3]), places @ turn.T + [5, -3], atol=1e-6
    )


def test_the_field_is_smooth_and_ends_at_the_edge(rng):
    before = rng.uniform(30, 90, (10, 2))
    after = before + np.array([3.0, -2.0])
    field = backward_field(before, after, box=(0, 0, 120, 120), step_px=3, fade_px=12)
    assert np.abs(field[[0, -1]]).max() == 0
    assert np.abs(field[:, [0, -1]]).max() == 0
    np.testing.assert_allclose(field[60, 60], [-3.0, 2.0], atol=0.01)
    assert np.abs(np.diff(field, axis=0)).max() < 0.6


def test_a_grimace_draws_the_brows_down_and_together_and_a_laugh_the_mouth_corners_up():
    still = {number: np.array(place, dtype=float) for number, place in POINTS.items()}
    grimace = moved_points(still, 1.0, grimace=1.0, laugh=0.0)
    laugh = moved_points(still, 1.0, grimace=0.0, laugh=1.0)
    gap = lambda points: points[285][0] - points[55][0]  # noqa: E731
    assert grimace[55][1] > still[55][1] + 5
    assert gap(grimace) < gap(still) - 5
    assert grimace[0][1] < still[0][1] - 4  # the upper lip rises
    assert laugh[55][1] <= still[55][1]  # the brows do not come down
    for corner in (61, 291):
        assert laugh[corner][1] < still[corner][1] - 6
    assert laugh[291][0] - laugh[61][0] > still[291][0] - still[61][0] + 15


def test_strength_moves_the_picture_further(actor):
    still = actor.picture(Expression()).astype(int)
    changes = [
        np.abs(actor.picture(Expression(grimace=strength)).astype(int) - still).mean() for strength in (0.25, 0.5, 1.0)
    ]
    assert 0 < changes[0] < changes[1] < changes[2]


def test_closed_lids_hide_the_pupils(actor):
    x, y = (np.array([223, 192]) * 1.1).astype(int)
    pupil = slice(y - 4, y + 3), slice(x - 3, x + 4)
    open_eye, closed_eye = (actor.picture(Expression(lids=lids))[pupil] for lids in (0.0, 1.0))
    assert open_eye.min() < 40
    assert closed_eye.mean() > open_eye.mean() + 25


def test_an_expression_leaves_the_background_alone(actor):
    still, grimace = actor.picture(Expression()), actor.picture(Expression(grimace=1.0, lids=1.0))
    assert np.array_equal(still[:100], grimace[:100])
    assert np.array_equal(still[:, :140], grimace[:, :140])


def test_the_same_seed_gives_the_same_pictures_and_another_seed_others():
    first, again = (list(demo_pictures(SHORT)) for _ in range(2))
    assert len(first) == 45
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    other = next(demo_pictures(RecordingSettings(fps=5.0, seed=1, script=SHORT.script)))
    assert not np.array_equal(first[0], other)


def test_camera_noise_and_motion_make_every_picture_differ():
    pictures = list(demo_pictures(SHORT))
    assert all(not np.array_equal(a, b) for a, b in itertools.pairwise(pictures))


def test_the_blanket_covers_mouth_and_nose():
    pictures = list(demo_pictures(SHORT))
    covered = pictures[32][190:300, 260:390].astype(int)
    bare = pictures[2][190:300, 260:390].astype(int)
    assert (covered[:, :, 0] > covered[:, :, 2]).mean() > 0.95  # bluish cloth
    assert (bare[:, :, 0] > bare[:, :, 2]).mean() < 0.2  # skin


def test_the_recording_is_written_whole_with_progress(tmp_path: Path):
    heard: list[tuple[int, int]] = []
    path = make_recording(
        tmp_path / "new" / "demo.mp4", SHORT, progress=lambda done, total: heard.append((done, total))
    )
    recording = cv2.VideoCapture(str(path))
    assert recording.get(cv2.CAP_PROP_FRAME_COUNT) == 45
    assert recording.get(cv2.CAP_PROP_FPS) == pytest.approx(5.0)
    assert heard[-1] == (45, 45)
    assert [entry.name for entry in path.parent.iterdir()] == ["demo.mp4"]


def test_an_interrupted_recording_leaves_nothing(tmp_path: Path):
    def interrupt(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_recording(tmp_path / "demo.mp4", SHORT, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="cannot be created"):
        make_recording(tmp_path / "file" / "demo.mp4", SHORT)


def test_a_missing_photograph_is_said(tmp_path: Path):
    with pytest.raises(ServiceUnavailable, match="reinstall matplotlib"):
        load_photograph(1.0, tmp_path / "nothing.jpg")


def test_a_different_photograph_is_refused(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "other.jpg"), np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(ServiceUnavailable):
        load_photograph(1.0, tmp_path / "other.jpg")
