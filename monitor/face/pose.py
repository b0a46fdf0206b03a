"""Head pose from the mesh's own depth: no camera model, no canonical face."""

from __future__ import annotations

import math

from monitor.records import F32, Pose

_Vector = tuple[float, float, float]

_PLACES = [33, 263, 10, 152]
"""Right eye, left eye, forehead, chin. Plain numbers from here on: for three of them arrays take ten times as long."""
_PITCH_AT_REST_DEG = -2.0
"""What the forehead–chin line leans at when a face looks into the camera (median of 30 neutral portraits)."""


def head_pose(points: F32) -> Pose:
    """Pose of a mesh (478, 3), all axes in px.

    The head's axes (to its left, downward, backward) are columns of R = Rz(roll)·Ry(−yaw)·Rx(−pitch) in camera
    axes x right, y down, z away. Positive yaw: the nose points to the picture's right; positive pitch: upward;
    positive roll: turned clockwise in the picture. Angles of turned heads come out up to twice as large as those of
    MediaPipe's own matrix, which assumes a camera of 63°.
    """
    right_eye, left_eye, forehead, chin = points[_PLACES].tolist()
    sideways = _unit(_between(right_eye, left_eye))
    down = _between(forehead, chin)
    along = _dot(down, sideways)
    down = _unit((down[0] - along * sideways[0], down[1] - along * sideways[1], down[2] - along * sideways[2]))
    back_z = sideways[0] * down[1] - sideways[1] * down[0]
    return Pose(
        yaw_deg=math.degrees(math.asin(min(max(sideways[2], -1.0), 1.0))),
        pitch_deg=-math.degrees(math.atan2(down[2], back_z)) - _PITCH_AT_REST_DEG,
        roll_deg=math.degrees(math.atan2(sideways[1], sideways[0])),
    )


def _between(start: list[float], end: list[float]) -> _Vector:
    return end[0] - start[0], end[1] - start[1], end[2] - start[2]


def _dot(one: _Vector, other: _Vector) -> float:
    return one[0] * other[0] + one[1] * other[1] + one[2] * other[2]


def _unit(vector: _Vector) -> _Vector:
    length = max(math.sqrt(_dot(vector, vector)), 1e-9)
    return vector[0] / length, vector[1] / length, vector[2] / length
