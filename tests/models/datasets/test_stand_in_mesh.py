"""The mesh that people are drawn on: calm, symmetric, and where the one crop wants the eyes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from models.datasets.stand_in_drawing import draw_traits, paint, shaped
from models.datasets.stand_in_mesh import CROP_SHARE, calm_mesh, mirrored_points
from models.preprocess import TEMPLATE, anchors


def test_the_mesh_is_its_own_mirror_image() -> None:
    mesh, mirrored = calm_mesh(100), mirrored_points()
    assert mesh.shape == (478, 2)
    np.testing.assert_array_equal(mirrored[mirrored], np.arange(478))
    flipped = mesh[mirrored] * [-1, 1] + [100, 0]
    np.testing.assert_allclose(flipped, mesh, atol=0.03)


def test_the_mesh_lies_where_the_crop_takes_it() -> None:
    picture_px = 200
    expected = (TEMPLATE * CROP_SHARE + (1 - CROP_SHARE) / 2) * picture_px
    np.testing.assert_allclose(anchors(calm_mesh(picture_px)), expected, atol=1.0)


def test_people_differ_in_shape_and_paint_and_keep_their_eyes_in_place() -> None:
    people = [draw_traits(seed) for seed in range(12)]
    shapes = [shaped(one, 96) for one in people]
    for one, other in pairwise(shapes):
        assert np.abs(one - other).max() > 0.5
    corners = np.stack([shape[[33, 133, 263, 362]] for shape in shapes])
    assert np.ptp(corners, axis=0).max() < 2.5
    pictures = [paint(one, shape, 96) for one, shape in zip(people[:3], shapes, strict=False)]
    assert len({pixels.tobytes() for pixels, _ in pictures}) == 3
    for pixels, alpha in pictures:
        assert pixels.shape == (96, 96, 3)
        assert alpha[48, 48] == 1.0
        assert alpha[1, 1] == 0.0
        assert alpha.min() >= 0
        assert alpha.max() <= 1.0


def test_age_and_sex_are_as_asked() -> None:
    old, young = (draw_traits(5, age=years, female=1.0) for years in (80.0, 20.0))
    assert (old.age, young.age, old.female) == (80.0, 20.0, 1.0)
    assert old.shape == young.shape
    points = shaped(old, 96)
    assert not np.array_equal(paint(old, points, 96)[0], paint(young, points, 96)[0])
