"""McNemar's test (1947): do two networks differ in what they get right, on the same pictures?

Only discordant pictures speak: ``b`` that the first alone gets right and ``c`` that the second alone does. Were both
equally good, each discordant picture would fall to either side with chance ½.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

EXACT_BELOW = 1000
"""Discordant pictures below which the binomial distribution itself is used; from here on χ² is as good.

25 is the usual bound, for want of computers. Prajod et al.'s p for contempt, 8.19e-18, is the binomial's for 67 against
2 pictures (or 310 against 131), while the corrected χ² gives it for no counts that 500 pictures allow.
"""


@dataclass(frozen=True, slots=True)
class McNemar:
    """``p`` two-sided; ``statistic`` is χ² with one degree of freedom, None where the binomial test was used."""

    only_first: int
    only_second: int
    statistic: float | None
    p: float

    @property
    def exact(self) -> bool:
        """Whether ``p`` is the binomial test's."""
        return self.statistic is None


def mcnemar(first_right: ArrayLike, second_right: ArrayLike) -> McNemar:
    """Test of (N,) booleans, whether each network got each picture right; ValueError for different lengths."""
    first, second = np.asarray(first_right, bool), np.asarray(second_right, bool)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"McNemar's test needs the same pictures for both, got {first.shape} and {second.shape}")
    return from_counts(int((first & ~second).sum()), int((second & ~first).sum()))


def from_counts(only_first: int, only_second: int, exact_below: int = EXACT_BELOW) -> McNemar:
    """Test from the discordant counts b and c.

    Below ``exact_below`` of them the two-sided binomial test, ``2 P(X ≤ min(b, c))`` with X ~ B(b + c, ½), at most 1;
    else Edwards' corrected ``χ² = (|b − c| − 1)² / (b + c)``, as Dietterich (1998, eq. 2) has it. p is 1 of nothing.
    """
    from scipy import stats

    if only_first < 0 or only_second < 0:
        raise ValueError(f"counts cannot be negative: {only_first}, {only_second}")
    total = only_first + only_second
    if total < exact_below:
        p = min(1.0, 2.0 * float(stats.binom.cdf(min(only_first, only_second), total, 0.5))) if total else 1.0
        return McNemar(only_first, only_second, None, p)
    statistic = max(abs(only_first - only_second) - 1, 0) ** 2 / total
    return McNemar(only_first, only_second, statistic, float(stats.chi2.sf(statistic, 1)))
