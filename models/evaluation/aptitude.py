"""Is a base network apt for a new task? Arbabzadah et al. (2016): see where its relevance lies before any retraining.

If the bulk of a base network's relevance lies on features known to matter for the new task, they conjecture, it learns
that task fast. Aptitude is the share of positive relevance on such a region set; the learning rate is how much of the
training error is gone, on average over the epochs; the forecast is as good as their rank correlation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.lrp.mu import Mask, Relevance, mu

_ALL_ORDERS_UP_TO = 8
_DRAWS = 20_000


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Spearman's ρ over ``count`` pairs; ``p`` one-sided (greater), by permutation; NaN where one side never varies."""

    rho: float
    p: float
    count: int


def aptitude(relevance: Sequence[Relevance], masks: Sequence[Mask]) -> float:
    """Mean share of the positive relevance inside each picture's mask; NaN where no picture has positive relevance."""
    shares = [mu(one, mask) for one, mask in zip(relevance, masks, strict=True)]
    known = [share for share in shares if share is not None]
    return float(np.mean(known)) if known else float("nan")


def learning_rate(errors: ArrayLike) -> float:
    """Mean over the epochs of the share of the starting error that is gone, from (E + 1,) errors, the first before any.

    1 would be all gone in the first epoch, 0 nothing learnt, negative a rise. ValueError for fewer than two errors.
    """
    values = np.asarray(errors, dtype=np.float64)
    if values.ndim != 1 or len(values) < 2 or not values[0] > 0:
        raise ValueError(f"learning rate needs the error before training and after each epoch, got {values}")
    return float(np.mean(1.0 - values[1:] / values[0]))


def rank_correlation(forecast: ArrayLike, came: ArrayLike, seed: int = 0) -> RankCorrelation:
    """Spearman's ρ of (N,) and (N,), ties sharing their mean rank.

    ``p`` is the share of orders of ``came`` that correlate at least as well: all orders up to 8 pairs, else 20,000
    drawn from ``seed`` (then with one added above and below, Davison & Hinkley 1997).
    """
    one, other = _ranks(forecast), _ranks(came)
    if one.shape != other.shape:
        raise ValueError(f"{len(one)} forecasts for {len(other)} outcomes")
    count = len(one)
    if count < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return RankCorrelation(float("nan"), float("nan"), count)
    one, other = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((one @ one) * (other @ other)))
    rho = float(one @ other) / scale
    if count <= _ALL_ORDERS_UP_TO:
        orders = np.array(list(permutations(range(count))))
    else:
        rng = np.random.default_rng(seed)
        orders = rng.permuted(np.tile(np.arange(count), (_DRAWS, 1)), axis=1)
    as_good = int((other[orders] @ one / scale >= rho - 1e-12).sum())
    whole = count <= _ALL_ORDERS_UP_TO
    p = as_good / len(orders) if whole else (as_good + 1) / (len(orders) + 1)
    return RankCorrelation(rho, p, count)


def _ranks(values: ArrayLike) -> NDArray[np.float64]:
    from scipy.stats import rankdata

    numbers = np.asarray(values, dtype=np.float64).ravel()
    if not np.isfinite(numbers).all():
        raise ValueError("a value to rank is not finite")
    return np.asarray(rankdata(numbers), dtype=np.float64)
