"""Aptitude, learning rate and how well one forecasts the other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from models.evaluation.aptitude import aptitude, learning_rate, rank_correlation


def test_aptitude_is_the_share_on_the_region_and_scale_free():
    mask = np.zeros((10, 10), bool)
    mask[:5] = True
    looks_there, looks_elsewhere = np.where(mask, 3.0, 1.0), np.where(mask, -5.0, 1.0)
    assert aptitude([looks_there, 100 * looks_there], [mask, mask]) == pytest.approx(0.75)
    assert aptitude([looks_there, looks_elsewhere], [mask, mask]) == pytest.approx(0.375)
    assert np.isnan(aptitude([-looks_there], [mask]))


def test_learning_rate():
    assert learning_rate([1.0, 0.5, 0.25]) == pytest.approx(0.625)
    assert learning_rate([2.0, 0.0]) == 1.0
    assert learning_rate([1.0, 1.2]) == pytest.approx(-0.2)
    assert learning_rate([1.0, 0.4, 0.1]) > learning_rate([1.0, 0.8, 0.1])
    with pytest.raises(ValueError, match="before training"):
        learning_rate([1.0])


def test_rank_correlation_agrees_with_scipy_and_its_exact_p(rng):
    forecast, came = rng.normal(size=5), rng.normal(size=5)
    expected = stats.permutation_test(
        (came,),
        lambda order: stats.spearmanr(forecast, order).statistic,
        permutation_type="pairings",
        alternative="greater",
        n_resamples=np.inf,
    )
    found = rank_correlation(forecast, came)
    assert found.rho == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue)


def test_perfect_reversed_tied_and_constant_orders():
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 99]).rho == pytest.approx(1.0)
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 99]).p == pytest.approx(1 / 24)
    assert rank_correlation([1, 2, 3, 4], [4, 3, 2, 1]).p == 1.0
    assert rank_correlation([1, 1, 2, 3], [1, 2, 2, 3]).rho == pytest.approx(
        stats.spearmanr([1, 1, 2, 3], [1, 2, 2, 3])[0]
    )
    assert np.isnan(rank_correlation([1, 1, 1], [1, 2, 3]).rho)


def test_many_pairs_are_judged_by_drawn_orders_the_same_for_a_seed(rng):
    forecast = rng.normal(size=16)
    came = forecast + rng.normal(size=16)
    found = rank_correlation(forecast, came, seed=1)
    assert found == rank_correlation(forecast, came, seed=1)
    assert found.p < 0.05
    assert rank_correlation(forecast, -came).p > 0.9
