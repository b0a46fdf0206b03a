"""McNemar's test against statsmodels, by hand, and against what Prajod et al. print."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from models.evaluation.mcnemar import EXACT_BELOW, from_counts, mcnemar


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize(("b", "c"), [(0, 1), (3, 9), (0, 24), (13, 12), (30, 10), (5, 60), (200, 150)])
def test_agrees_with_statsmodels(b, c, exact):
    from statsmodels.stats.contingency_tables import mcnemar as reference

    expected = reference([[100, b], [c, 100]], exact=exact, correction=True)
    ours = from_counts(b, c, exact_below=EXACT_BELOW if exact else 0)
    assert ours.exact == exact
    assert ours.p == pytest.approx(expected.pvalue, rel=1e-9)
    if not exact:
        assert ours.statistic == pytest.approx(expected.statistic, rel=1e-12)


def test_by_hand():
    assert from_counts(1, 5).p == pytest.approx(2 * (1 + 6) / 64)  # P(X ≤ 1) of six fair coins, twice
    assert from_counts(40, 20, exact_below=25).statistic == pytest.approx((20 - 1) ** 2 / 60)
    assert from_counts(0, 0).p == 1.0
    assert from_counts(13, 13).p == pytest.approx(1.0)


def test_counts_only_what_one_gets_right_and_the_other_wrong():
    first = np.array([1, 1, 1, 0, 0, 1], bool)
    second = np.array([1, 0, 0, 0, 1, 1], bool)
    found = mcnemar(first, second)
    assert (found.only_first, found.only_second) == (2, 1)
    assert mcnemar(second, first).p == found.p
    with pytest.raises(ValueError, match="same pictures"):
        mcnemar(first, second[:3])


@pytest.mark.parametrize(("published", "b", "c"), [(1.56e-4, 36, 10), (8.19e-18, 67, 2)])
def test_prajods_p_values_are_the_exact_tests(published, b, c):
    """The paper gives no discordant counts; these are the smallest among 500 pictures a class that give its p."""
    assert from_counts(b, c).exact
    assert from_counts(b, c).p == pytest.approx(published, rel=0.005)


def test_no_counts_among_500_pictures_give_the_papers_contempt_by_the_corrected_statistic():
    b, c = np.mgrid[0:501, 0:501]
    possible = (b > c) & (b + c <= 500)
    p = stats.chi2.sf((b - c - 1.0)[possible] ** 2 / (b + c)[possible], 1)
    assert not (np.abs(p / 8.19e-18 - 1) < 0.005 / 8.19).any()
    assert (np.abs(p / 1.56e-4 - 1) < 0.005 / 1.56).any()
