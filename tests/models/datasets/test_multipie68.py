"""The 68 points lie where the scheme draws them, on the mesh of a real photo, and mirror as a face does."""

from __future__ import annotations

from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import pytest

from models.datasets.landmarker import find_mesh
from models.datasets.landmarker import landmarker as opened
from models.datasets.multipie68 import FROM_MESH, MIRROR, all_68, anchors_of, from_mesh
from models.errors import DataInvalid
from models.preprocess import anchors


@pytest.fixture(scope="module")
def meshes(landmarker: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A photo, its mesh, and the mesh of the mirrored photo."""
    photo = cv2.imread(str(Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"))
    with opened(landmarker) as detector:
        one, other = find_mesh(detector, photo), find_mesh(detector, np.ascontiguousarray(photo[:, ::-1]))
    assert one is not None
    assert other is not None
    return photo, one.landmarks, other.landmarks


def test_points_are_in_the_schemes_order(meshes: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    points = from_mesh(meshes[1])
    assert points.shape == (68, 2)
    x, y = points.T
    iod = np.linalg.norm(points[36] - points[45])
    for line in (range(1, 16), range(17, 27), range(31, 36), range(48, 55), range(60, 65)):
        assert (np.diff(x[list(line)]) > 0).all()
    assert int(y[:17].argmax()) == 8
    assert (np.diff(y[27:31]) > 0).all()
    assert y[17:27].max() < y[[37, 38, 43, 44]].min()
    for upper, lower in (((37, 38), (41, 40)), ((43, 44), (47, 46)), ((50, 52), (58, 56))):
        assert (y[list(upper)] < y[list(lower)]).all()
    assert (y[[61, 63]] < y[[67, 65]] + 0.01 * iod).all()  # the man's mouth is closed
    assert y[[61, 62, 63]].min() > y[[50, 51, 52]].min()
    assert y[[65, 66, 67]].max() < y[[56, 57, 58]].max()
    assert x[36] < x[39] < x[42] < x[45]
    assert y[33] > y[30]
    assert iod > 0.3 * (x[16] - x[0])


def test_a_mirrored_face_has_mirrored_points(meshes: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    photo, mesh, mirrored = meshes
    points, other = from_mesh(mesh), from_mesh(mirrored)[list(MIRROR)]
    other[:, 0] = photo.shape[1] - 1 - other[:, 0]
    iod = np.linalg.norm(points[36] - points[45])
    assert np.linalg.norm(points - other, axis=1).max() < 0.12 * iod
    assert sorted(MIRROR) == list(range(68))
    assert [MIRROR[MIRROR[i]] for i in range(68)] == list(range(68))


def test_a_drawing_of_the_points_traces_eyes_and_lips(meshes: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    """Filled in, the eyes' points cover the irises (mesh points 468 and 473), the inner lips lie in the outer ones."""
    photo, mesh, _ = meshes
    points = from_mesh(mesh)
    for line, inside in (
        (range(36, 42), mesh[468]),
        (range(42, 48), mesh[473]),
        (range(48, 60), points[60:68].mean(axis=0)),
    ):
        drawn = np.zeros(photo.shape[:2], np.uint8)
        cv2.fillPoly(drawn, [points[list(line)].astype(np.int32)], 255)
        column, row = np.rint(inside).astype(int)
        assert drawn[row, column] == 255
        assert 0.0001 < np.mean(drawn > 0) < 0.02
    inner = np.zeros(photo.shape[:2], np.uint8)
    cv2.fillPoly(inner, [points[60:68].astype(np.int32)], 255)
    assert not (inner.astype(bool) & ~drawn.astype(bool)).sum() > 0.2 * drawn.astype(bool).sum()


def test_every_point_stands_for_another_mesh_point() -> None:
    assert len(FROM_MESH) == len(set(FROM_MESH)) == 68
    with pytest.raises(DataInvalid, match="478 landmarks, got 468"):
        from_mesh(np.zeros((468, 2), np.float32))
    batch = np.arange(2 * 478 * 2, dtype=np.float32).reshape(2, 478, 2)
    assert from_mesh(batch).shape == (2, 68, 2)


def test_unbcs_66_points_become_68(meshes: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    points = from_mesh(meshes[1])
    without = np.delete(points, [60, 64], axis=0)
    whole = all_68(without)
    assert (np.delete(whole, [60, 64], axis=0) == without).all()
    assert np.linalg.norm(whole - points, axis=1).max() < 0.15 * np.linalg.norm(points[36] - points[45])
    assert all_68(points) is points
    with pytest.raises(DataInvalid, match="51 landmarks are neither"):
        all_68(points[17:])


def test_anchors_of_the_points_are_nearly_those_of_the_mesh(meshes: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    points = from_mesh(meshes[1])
    for given in (points, np.delete(points, [60, 64], axis=0)):
        found = anchors_of(given)
        assert found is not None
        assert np.linalg.norm(found - anchors(meshes[1]), axis=1).max() < 0.06 * np.linalg.norm(points[36] - points[45])
    assert anchors_of(points[:49]) is None
    assert anchors_of(np.full((68, 2), np.nan, np.float32)) is None
