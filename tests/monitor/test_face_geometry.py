"""Search windows cover the frame; a follower's window stays until it must move; poses of a turned mesh."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ConfigurationError, ServiceUnavailable
from monitor.face.geometry import SEARCH_SHARE, around, search_windows
from monitor.face.landmarks import Landmarker
from monitor.face.pose import head_pose
from monitor.face.settings import FaceSettings


@given(st.floats(0, 1), st.floats(0, 1), st.floats(64, 240), st.sampled_from([(1280, 720), (640, 360), (720, 1280)]))
def test_every_face_lies_whole_in_a_window_that_is_small_enough_for_it(at_x, at_y, face, frame):
    width, height = frame
    x, y = at_x * (width - face), at_y * (height - face)
    windows = search_windows(width, height, 48.0)
    assert any(
        w.x <= x
        and w.y <= y
        and x + face <= w.x + w.w
        and y + face <= w.y + w.h
        and max(w.w, w.h) <= (SEARCH_SHARE + 2.0) * face
        for w in windows
    )


@pytest.mark.parametrize("frame", [(1, 1), (640, 360), (1280, 720), (7680, 4320)])
def test_windows_lie_inside_the_frame_and_are_not_too_many(frame):
    windows = search_windows(*frame, 48.0, ((0.5, 0.5, 0.5, 0.5),))
    assert all(w.w > 0 and w.h > 0 and w.x + w.w <= frame[0] and w.y + w.h <= frame[1] for w in windows)
    assert len(windows) < 200


@given(st.floats(0, 1200), st.floats(0, 650), st.floats(10, 900))
def test_a_new_window_holds_its_face_and_stays_for_small_moves(x, y, face):
    window = around((x, y, face, face), 1280, 720)
    assert window.x >= 0
    assert window.y >= 0
    assert window.x + window.w <= 1280
    assert window.y + window.h <= 720
    inside = x + face < 1280 and y + face < 720
    if inside and face < 240:
        assert window.holds((x, y, face, face), 1280, 720)
        assert window.holds((min(x + 0.3 * face, 1280 - face), y, face, face), 1280, 720)


def turned_mesh(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """A flat face with eyes, forehead and chin, turned by the angles of ``Pose``."""
    points = np.zeros((478, 3))
    points[33], points[263], points[10], points[152] = (-1, 0, 0), (1, 0, 0), (0, -1.4, 0), (0, 1.4, 0)
    a, b, c = np.radians([-yaw, -pitch, roll])
    rx = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    ry = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    rz = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return (points @ (rz @ ry @ rx).T).astype(np.float32)


@given(st.floats(-70, 70), st.floats(-60, 60), st.floats(-170, 170))
def test_pose_recovers_the_angles(yaw, pitch, roll):
    pose = head_pose(turned_mesh(yaw, pitch, roll))
    assert pose.yaw_deg == pytest.approx(yaw, abs=0.1)
    assert pose.pitch_deg == pytest.approx(pitch + 2.0, abs=0.1)
    assert pose.roll_deg == pytest.approx(roll, abs=0.1)


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ({"zone": (0.5, 0.0, 0.6, 1.0)}, "face.zone"),
        ({"search_zones": ((0.0, 0.0, 0.5, 0.5), (0.0, 0.0, 0.0, 0.5))}, r"face.search_zones\[1\]"),
        ({"max_faces": 0}, "face.max_faces"),
        ({"min_face_px": -1.0}, "face.min_face_px"),
    ],
)
def test_wrong_settings_are_named(setting, path):
    with pytest.raises(ConfigurationError, match=path):
        FaceSettings(**setting)


def test_a_file_that_is_no_asset_is_refused_in_one_line(tmp_path):
    wrong = tmp_path / "face_landmarker.task"
    wrong.write_bytes(b"nothing of the kind")
    with pytest.raises(ServiceUnavailable) as caught:
        Landmarker(wrong, video=True)
    assert "\n" not in str(caught.value)
