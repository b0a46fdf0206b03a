"""Which way up is the face? ``is_upside_down`` and ``set_upright``.

The landmarker lays an upright mesh over faces that hang head down. Turned by a quarter, faces are found with the right
mesh either way (measured on 47 portraits: within 0.04 eye distances at the median, against 1.1 for a portrait on its
head). So a mesh that claims to be upright is checked against the mesh of the same place turned by a quarter: they
agree, or they contradict each other by half a turn. Either turn can fail on a strong expression (of 121 upright
grimaces 20 found nothing and 6 contradicted one way), but on a face that hangs head down none ever agreed: one
agreement proves it upright.
"""

from __future__ import annotations

import numpy as np

from monitor.face.geometry import same_face
from monitor.face.landmarks import Landmarker, Mesh
from monitor.face.pose import head_pose
from monitor.records import U8

_CHECK_SHARE = 3.0
_SURE_DEG = 60.0
_UPRIGHT_ENOUGH_DEG = 15.0
_MOST_TURNS = 3


def needs_check(roll_deg: float) -> bool:
    """Only a face that claims to be upright can be one on its head: sideways ones are told right."""
    return abs(roll_deg) <= _SURE_DEG


def is_upside_down(still: Landmarker, pixels: U8, mesh: Mesh) -> bool | None:
    """Whether the face under ``mesh`` hangs head down; None when the turned picture shows no face there."""
    claimed = head_pose(mesh.points).roll_deg
    verdict: bool | None = None
    for quarter_deg in (-90.0, 90.0):
        turned = still.detect_turned(pixels, mesh.box, _CHECK_SHARE, claimed + quarter_deg)
        near = [found for found in turned if _near(mesh, found)]
        if not near:
            continue
        apart = abs((head_pose(near[0].points).roll_deg - claimed + 180.0) % 360.0 - 180.0)
        if apart <= 90.0:
            return False
        verdict = True
    return verdict


def set_upright(still: Landmarker, pixels: U8, mesh: Mesh) -> Mesh:
    """A better mesh for a face that lies on the side: found again with the picture turned by the roll.

    In a picture that stands alone a mesh at 90° starts up to 40° off; followed faces settle within three pictures.
    """
    for _ in range(_MOST_TURNS):
        roll = head_pose(mesh.points).roll_deg
        if abs(roll) < _UPRIGHT_ENOUGH_DEG:
            break
        better = [turned for turned in still.detect_turned(pixels, mesh.box, _CHECK_SHARE, roll) if _near(mesh, turned)]
        if not better:
            break
        apart = abs((head_pose(better[0].points).roll_deg - roll + 180.0) % 360.0 - 180.0)
        mesh = better[0]
        if apart < _UPRIGHT_ENOUGH_DEG:
            break
    return mesh


def _near(mesh: Mesh, turned: Mesh) -> bool:
    (ax, ay), (bx, by) = mesh.points[:, :2].mean(axis=0), turned.points[:, :2].mean(axis=0)
    size = max(mesh.box[2], mesh.box[3])
    return bool(np.hypot(ax - bx, ay - by) < 0.6 * size) or same_face(mesh.box, turned.box)
