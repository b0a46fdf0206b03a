"""Paired t-tests over repeated splits of one data set: the plain one, and one that knows that repetitions share data.

Repetitions of a cross-validation reuse the same rows, so their differences are not independent. The plain test takes
them for independent and its p falls without limit as repetitions are added: with 500 of them any training noise is
"significant". Nadeau and Bengio (2003) widen the variance by the share of rows that splits have in common.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class TTest:
    """``difference`` is the mean of first − second; ``p`` two-sided; NaN where fewer than two differences are given."""

    difference: float
    t: float
    p: float
    degrees: int


def paired_t(differences: ArrayLike) -> TTest:
    """Plain paired t-test over (R,) differences: ``t = mean / (s / √R)`` with R − 1 degrees of freedom."""
    values = _values(differences)
    return _test(values, 1.0 / max(len(values), 1))


def corrected_resampled_t(differences: ArrayLike, test_to_train: float) -> TTest:
    """Corrected resampled t-test: ``t = mean / (s √(1/J + n_test/n_train))`` over J differences, J − 1 degrees.

    Nadeau & Bengio (2003, eq. 6 with ρ = n_test / (n_test + n_train)); over the k·r differences of an r-times repeated
    k-fold as Bouckaert & Frank (2004) use it. ``test_to_train`` is n_test / n_train: 1 for two folds. Give one
    difference per fold, not means over folds: their spread would be smaller than the correction assumes.
    """
    if not test_to_train > 0:
        raise ValueError(f"n_test / n_train must be above 0, got {test_to_train}")
    values = _values(differences)
    return _test(values, 1.0 / max(len(values), 1) + test_to_train)


def _values(differences: ArrayLike) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    values = np.asarray(differences, dtype=np.float64).ravel()
    if not np.isfinite(values).all():
        raise ValueError("a difference is not finite")
    return values


def _test(values: np.ndarray[tuple[int], np.dtype[np.float64]], share: float) -> TTest:
    from scipy import stats

    degrees = len(values) - 1
    if degrees < 1:
        return TTest(float(values.mean()) if len(values) else float("nan"), float("nan"), float("nan"), max(degrees, 0))
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    if spread == 0.0:
        return TTest(mean, float(np.copysign(np.inf, mean)) if mean else 0.0, 0.0 if mean else 1.0, degrees)
    t = mean / (spread * share**0.5)
    return TTest(mean, t, 2.0 * float(stats.t.sf(abs(t), degrees)), degrees)
