"""What holds of μ for every map and region."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.lrp.mu import chance, mu

SHAPE = (5, 4)
maps = hnp.arrays(np.float64, SHAPE, elements=st.floats(-1e300, 1e300))
masks = hnp.arrays(np.bool_, SHAPE)


@given(maps, masks)
def test_inside_and_outside_sum_to_one(relevance: np.ndarray, mask: np.ndarray) -> None:
    inside, outside = mu(relevance, mask), mu(relevance, ~mask)
    if inside is None or outside is None:
        assert inside is outside is None
        assert not (relevance > 0).any()
    else:
        assert 0.0 <= inside <= 1.0
        assert inside + outside == pytest.approx(1.0)


@given(maps, masks)
def test_negative_relevance_changes_nothing(relevance: np.ndarray, mask: np.ndarray) -> None:
    assert mu(relevance, mask) == mu(np.maximum(relevance, 0.0), mask)


@given(maps, masks)
def test_known_exactly_when_some_relevance_is_positive(relevance: np.ndarray, mask: np.ndarray) -> None:
    assert (mu(relevance, mask) is None) == (not (relevance > 0).any())


@given(hnp.arrays(np.float64, SHAPE, elements=st.floats(0, 1)), masks, st.integers(-1000, 900))
def test_scale_does_not_matter(relevance: np.ndarray, mask: np.ndarray, exponent: int) -> None:
    relevance = np.round(relevance, 3)  # far enough from the smallest numbers that scaling by 2^-1000 loses nothing
    plain, scaled = mu(relevance, mask), mu(np.ldexp(relevance, exponent), mask)
    assert (plain is None and scaled is None) or scaled == pytest.approx(plain, abs=1e-9)


@given(masks, masks)
def test_chance_is_mu_of_even_relevance_over_the_face(mask: np.ndarray, hull: np.ndarray) -> None:
    assert chance(mask, hull) == pytest.approx(mu(hull.astype(np.float64), mask))
