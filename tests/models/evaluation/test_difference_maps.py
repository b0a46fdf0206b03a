"""Difference maps point to the region that one network uses and the other does not."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.difference_maps import difference, normalised, region_changes, shares


@pytest.fixture
def material():
    masks = {"AU05": np.zeros((20, 20), bool), "AU14": np.zeros((20, 20), bool), "AU26": np.zeros((20, 20), bool)}
    masks["AU05"][4:8, 4:16] = True
    masks["AU14"][12:15, 4:8] = True
    masks["AU26"][14:20, 4:16] = True
    return masks, np.ones((20, 20), bool)


def test_the_region_that_only_one_looks_at_comes_first_whatever_the_size_of_the_outputs(material):
    masks, hull = material
    second = np.ones((20, 20))
    first = 50.0 * (second + 4.0 * masks["AU14"])
    found = region_changes([first, first], [second, second], [masks, masks], [hull, hull])
    assert found[0].unit == "AU14"
    assert found[0].change > 2.0
    assert found[0].second == pytest.approx(found[0].chance)
    assert found[0].pictures == 2
    assert {region.unit for region in found[1:]} == {"AU05", "AU26"}
    back = region_changes([second], [first], [masks], [hull])
    assert back[-1].unit == "AU14"


def test_equal_maps_change_nowhere(material, rng):
    masks, hull = material
    relevance = rng.normal(size=(20, 20))
    assert all(abs(r.change) < 1e-12 for r in region_changes([relevance], [3 * relevance], [masks], [hull]))


def test_shares_take_the_size_of_the_outputs_away(rng):
    relevance = rng.normal(size=(20, 20))
    np.testing.assert_allclose(shares(50 * relevance), shares(relevance))
    assert np.clip(shares(relevance), 0, None).sum() == pytest.approx(1.0)
    assert not shares(-np.ones((2, 2))).any()


def test_a_picture_without_positive_relevance_does_not_count(material):
    masks, hull = material
    good, bad = np.ones((20, 20)), -np.ones((20, 20))
    assert region_changes([good, good], [good, bad], [masks, masks], [hull, hull])[0].pictures == 1
    assert region_changes([good], [bad], [masks], [hull]) == ()


def test_normalised_and_difference_lie_in_0_to_1():
    relevance = np.array([[-1.0, 0.0], [1.0, 3.0]])
    np.testing.assert_allclose(normalised(relevance), [[0, 0.25], [0.5, 1]])
    np.testing.assert_array_equal(normalised(np.full((2, 2), 7.0)), np.zeros((2, 2)))
    np.testing.assert_allclose(difference(relevance, np.ones((2, 2))), [[0.0, 0.25], [0.5, 1.0]])
    np.testing.assert_array_equal(difference(relevance, relevance), np.full((2, 2), 0.5))
