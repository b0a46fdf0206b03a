"""Head pose from the mesh's own depth: no camera model, no canonical face."""

from __future__ import annotations

import numpy as np

from monitor.records import F32, Pose

_RIGHT_EYE, _LEFT_EYE, _FOREHEAD, _CHIN = 33, 263, 10, 152
_PITCH_AT_REST_DEG = -2.0
"""What the forehead–chin line leans at when a face looks into the camera (median of 30 neutral portraits)."""


def head_pose(points: F32) -> Pose:
    """Pose of a mesh (478, 3), all axes in px.

    The head's axes (to its left, downward, backward) are columns of R = Rz(roll)·Ry(−yaw)·Rx(−pitch) in camera
    axes x right, y down, z away. Positive yaw: the nose points to the picture's right; positive pitch: upward;
    positive roll: turned clockwise in the picture. Angles of turned heads come out up to twice as large as those of
    MediaPipe's own matrix, which assumes a camera of 63°.
    """
    mesh = np.asarray(points, dtype=np.float64)
    sideways = mesh[_LEFT_EYE] - mesh[_RIGHT_EYE]
    down = mesh[_CHIN] - mesh[_FOREHEAD]
    sideways /= max(float(np.linalg.norm(sideways)), 1e-9)
    down -= sideways * (down @ sideways)
    down /= max(float(np.linalg.norm(down)), 1e-9)
    back = np.cross(sideways, down)
    yaw = np.degrees(np.arcsin(np.clip(sideways[2], -1.0, 1.0)))
    pitch = -np.degrees(np.arctan2(down[2], back[2])) - _PITCH_AT_REST_DEG
    roll = np.degrees(np.arctan2(sideways[1], sideways[0]))
    return Pose(yaw_deg=float(yaw), pitch_deg=float(pitch), roll_deg=float(roll))
