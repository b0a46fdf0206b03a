"""Kohlbrenner's weighted μ: 1 for even relevance whatever the region's size, more where relevance gathers."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.weighted_mu import weighted_mu
from models.lrp.mu import mu


@pytest.mark.parametrize("side", [1, 4, 10])
def test_even_relevance_weighs_one_for_every_size(side: int) -> None:
    mask = np.zeros((10, 10), bool)
    mask[:side, :side] = True
    assert weighted_mu(np.full((10, 10), 0.3), mask) == pytest.approx(1.0)


def test_divides_by_the_regions_share_of_the_image() -> None:
    relevance = np.array([[3.0, -9.0], [1.0, 0.0]])
    mask = np.array([[True, False], [False, False]])
    assert mu(relevance, mask) == 0.75
    assert weighted_mu(relevance, mask) == pytest.approx(0.75 * 4)


def test_unknown_is_no_number() -> None:
    mask = np.zeros((2, 2), bool)
    assert weighted_mu(np.ones((2, 2)), mask) is None, "an empty region"
    mask[0, 0] = True
    assert weighted_mu(-np.ones((2, 2)), mask) is None, "no positive relevance"
    with pytest.raises(ValueError, match="differ"):
        weighted_mu(np.ones((3, 3)), mask)
