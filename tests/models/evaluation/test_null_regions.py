"""A region moved at random keeps its shape, stays in the picture and the face, and finds what chance finds."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.null_regions import exceedance, moved_regions, null_mu_of_regions


def face() -> tuple[np.ndarray, np.ndarray]:
    mask, hull = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    mask[5:8, 6:12] = True
    mask[6, 8] = False
    hull[3:17, 3:17] = True
    return mask, hull


def test_moved_regions_keep_their_shape_and_stay_in_the_face() -> None:
    mask, hull = face()
    shape = mask[5:8, 6:12]
    corners = set()
    for moved in moved_regions(mask, hull, 200, np.random.default_rng(0)):
        assert moved.sum() == mask.sum()
        rows, columns = np.nonzero(moved)
        np.testing.assert_array_equal(moved[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1], shape)
        assert hull[round(rows.mean()), round(columns.mean())]
        corners.add((rows.min(), columns.min()))
    assert len(corners) > 50, "everywhere in the face"


def test_without_a_place_to_go_there_is_nothing() -> None:
    mask, hull = face()
    rng = np.random.default_rng(0)
    assert list(moved_regions(np.zeros_like(mask), hull, 5, rng)) == []
    assert list(moved_regions(mask, np.zeros_like(hull), 5, rng)) == []
    assert null_mu_of_regions([np.ones((20, 20))], [np.zeros_like(mask)], [hull]).size == 0


def test_even_relevance_gives_every_region_its_share_and_no_more() -> None:
    mask, hull = face()
    null = null_mu_of_regions([np.ones((20, 20))], [mask], [hull], count=30)
    np.testing.assert_allclose(null, mask.sum() / 400)
    assert exceedance(mask.sum() / 400, null) == 1.0


def test_relevance_that_sits_in_the_region_beats_nearly_all_its_moves() -> None:
    mask, hull = face()
    rng = np.random.default_rng(2)
    relevance = [mask + 0.02 * rng.random((20, 20)) for _ in range(4)]
    null = null_mu_of_regions([*relevance, -np.ones((20, 20))], [mask] * 5, [hull] * 5, count=99, seed=3)
    assert null.shape == (99,), "the face without positive relevance stands aside"
    assert exceedance(0.7, null) == pytest.approx(0.01)
    np.testing.assert_array_equal(
        null, null_mu_of_regions([*relevance, -np.ones((20, 20))], [mask] * 5, [hull] * 5, count=99, seed=3)
    )
