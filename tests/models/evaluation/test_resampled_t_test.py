"""The plain t-test against SciPy, the corrected one by hand, and why the correction is needed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from models.evaluation.resampled_t_test import corrected_resampled_t, paired_t


def test_plain_agrees_with_scipy(rng):
    first, second = rng.normal(0.7, 0.1, 500), rng.normal(0.69, 0.1, 500)
    expected = stats.ttest_rel(first, second)
    found = paired_t(first - second)
    assert (found.t, found.p, found.degrees) == pytest.approx((expected.statistic, expected.pvalue, 499))


def test_corrected_by_hand():
    found = corrected_resampled_t([1.0, 2.0, 3.0, 4.0], 1.0)  # mean 5/2, s² = 5/3, t = 5/2 ÷ √(5/3 · 5/4) = √3
    assert found.t == pytest.approx(np.sqrt(3.0))
    assert found.p == pytest.approx(1 - 2 / np.pi * (np.arctan(1.0) + 0.5), rel=1e-12)  # Student's t, 3 degrees, at √3


def test_corrected_approaches_the_plain_test_where_nothing_is_shared(rng):
    differences = rng.normal(0.1, 1.0, 200)
    assert corrected_resampled_t(differences, 1e-12).t == pytest.approx(paired_t(differences).t)


def test_more_repetitions_of_the_same_data_make_the_plain_test_certain_but_not_the_corrected():
    rng = np.random.default_rng(3)
    shared = 0.4  # what this one data set happens to say, the same in all repetitions
    few, many = shared + rng.normal(0, 1, 20), shared + rng.normal(0, 1, 1000)
    assert paired_t(many).p < 1e-6 < paired_t(few).p
    assert corrected_resampled_t(many, 1.0).p > 0.5
    assert corrected_resampled_t(few, 1.0).p > 0.5


def test_under_the_null_of_repeated_splits_the_corrected_test_is_careful_and_the_plain_one_wrong():
    """200 data sets of 40 equally good pairs, each halved 50 times: how often does each test see a difference?"""
    rng = np.random.default_rng(11)
    plain = corrected = 0
    for _ in range(200):
        difference = rng.normal(0.0, 1.0, 40)  # one row each: how much better the first network is on it
        halves = [rng.permutation(40) for _ in range(50)]
        folds = np.array([[difference[h[:20]].mean(), difference[h[20:]].mean()] for h in halves])
        plain += paired_t(folds[:, 0]).p < 0.05
        corrected += corrected_resampled_t(folds, 1.0).p < 0.05
    assert plain > 100
    assert corrected < 20


def test_degenerate_differences():
    assert paired_t([0.0, 0.0, 0.0]).p == 1.0
    assert paired_t([0.1, 0.1]).p == 0.0
    assert np.isnan(paired_t([0.1]).p)
    with pytest.raises(ValueError, match="not finite"):
        paired_t([0.1, float("nan")])
    with pytest.raises(ValueError, match="above 0"):
        corrected_resampled_t([0.1, 0.2], 0.0)
