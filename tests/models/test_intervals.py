"""Intervals and agreement against published and hand-made numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from models.evaluation.intervals import auc, auc_interval, bootstrap, f1, icc, wilson

SHROUT_FLEISS = np.array([[9, 8], [6, 2], [8, 6], [7, 2], [10, 9], [6, 4]], float)


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (20, 20, 0.8389, 1.0), (0, 0, 0, 1)],
)
def test_wilson_gives_newcombes_table(successes: int, count: int, low: float, high: float) -> None:
    """Newcombe 1998, Table I, method 3 (score without continuity correction)."""
    assert wilson(successes, count) == pytest.approx((low, high), abs=1e-4)


def test_wilson_refuses_more_successes_than_trials() -> None:
    with pytest.raises(ValueError, match="3 of 2"):
        wilson(3, 2)


def test_auc_is_the_share_of_pairs_won(rng: np.random.Generator) -> None:
    positive, negative = rng.integers(0, 6, 40), rng.integers(0, 4, 30)
    slow = np.mean([(p > n) + (p == n) / 2 for p in positive for n in negative])
    assert auc(positive, negative) == pytest.approx(slow)
    assert auc([2.0], [1.0]) == 1.0
    assert auc([1.0], [1.0]) == 0.5
    assert math.isnan(auc([], [1.0]))
    with pytest.raises(ValueError, match="NaN"):
        auc([math.nan], [1.0])


def test_auc_interval_keeps_its_width_when_all_pairs_are_told_apart() -> None:
    low, high = auc_interval([0.9, 0.8], [0.1, 0.2, 0.3])
    assert high == 1.0
    assert 0.2 < low < 0.7
    assert auc_interval(np.ones(500), np.zeros(500))[0] > 0.98
    assert auc_interval([], [1.0]) == (0.0, 1.0)


def test_auc_interval_mirrors_and_covers(rng: np.random.Generator) -> None:
    low, high = auc_interval([3, 1, 2], [0, 1, 2, 2])
    mirrored = auc_interval([0, 1, 2, 2], [3, 1, 2])
    assert (low, high) == pytest.approx((1 - mirrored[1], 1 - mirrored[0]))
    true = 0.760250  # Φ(1/√2): normal scores one deviation apart
    hits = 0
    for _ in range(300):
        low, high = auc_interval(rng.normal(1, 1, 25), rng.normal(0, 1, 35))
        hits += low <= true <= high
    assert hits > 0.9 * 300


def test_icc_against_shrout_and_fleiss() -> None:
    """Raters 1 and 3 of their Table 2, with the ICC(3,1) of a two-way table worked out by hand."""
    first, second = SHROUT_FLEISS.T
    difference = first - second
    covariance = np.cov(first, second)
    by_hand = 2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1])
    assert icc(first, second) == pytest.approx(by_hand)
    assert 0 < icc(first, second) < 1
    assert difference.std() > 0
    assert icc(first, first + 3) == pytest.approx(1.0), "a constant shift is consistent"
    assert icc(first, -first) < -0.9
    assert math.isnan(icc([1.0], [1.0]))
    assert math.isnan(icc([1.0, 1.0], [1.0, 1.0]))


def test_f1() -> None:
    assert f1([1, 1, 0, 0], [1, 0, 1, 0]) == 0.5
    assert math.isnan(f1([0, 0], [0, 0]))
    with pytest.raises(ValueError, match="truths"):
        f1([1], [1, 0])


def test_bootstrap_of_a_mean_and_by_group(rng: np.random.Generator) -> None:
    values = rng.normal(0, 1, 400)
    low, high = bootstrap(np.mean, values, seed=1)
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.2)
    assert bootstrap(np.mean, values, seed=1) == (low, high)
    persons = np.repeat(np.arange(20), 20)
    shared_by_person = rng.normal(0, 1, 20)[persons]
    wide = bootstrap(np.mean, shared_by_person, seed=1, groups=persons)
    narrow = bootstrap(np.mean, shared_by_person, seed=1)
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])
    assert all(math.isnan(edge) for edge in bootstrap(lambda _: math.nan, values, seed=1, draws=5))
