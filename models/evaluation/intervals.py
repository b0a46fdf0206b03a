"""What a figure is made of and how sure it is: shares, AUC, agreement, each with a 95% interval. NumPy alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z_95 = 1.959964
Interval = tuple[float, float]


def wilson(successes: int, count: int) -> Interval:
    """95% interval of a share (Wilson 1927, score interval); (0, 1) of nothing."""
    if not 0 <= successes <= count:
        raise ValueError(f"{successes} of {count} is no share")
    if count == 0:
        return 0.0, 1.0
    share = successes / count
    centre = share + Z_95**2 / (2 * count)
    spread = Z_95 * float(np.sqrt(share * (1 - share) / count + Z_95**2 / (4 * count**2)))
    scale = 1 + Z_95**2 / count
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def auc(positive: ArrayLike, negative: ArrayLike) -> float:
    """Chance that a ``positive`` score (P,) exceeds a ``negative`` one (N,), ties counting half (Mann–Whitney U / PN).

    NaN where either side is empty. ValueError for a NaN score: what could not be scored must be given a rank first.
    """
    above, below = _scores(positive), _scores(negative)
    if not len(above) or not len(below):
        return float("nan")
    ordered = np.sort(below)
    wins = np.searchsorted(ordered, above, side="left").sum()
    ties = np.searchsorted(ordered, above, side="right").sum() - wins
    return float((wins + ties / 2) / (len(above) * len(below)))


def auc_interval(positive: ArrayLike, negative: ArrayLike) -> Interval:
    """95% interval of ``auc`` (Newcombe 2006, method 5: a score interval over Hanley & McNeil's variance).

    Unlike DeLong's and the bootstrap's it keeps its width when the scores are separated entirely, so that five pairs
    told apart do not read as certain. (0, 1) where either side is empty.
    """
    count_above, count_below = len(_scores(positive)), len(_scores(negative))
    if not count_above or not count_below:
        return 0.0, 1.0
    found = auc(positive, negative)
    extra = max(0.0, (count_above + count_below) / 2 - 1)

    def outside(true: NDArray[np.float64]) -> NDArray[np.bool_]:
        shape = 1 + extra * ((1 - true) / (2 - true) + true / (1 + true))
        variance = true * (1 - true) * shape / (count_above * count_below)
        return (found - true) ** 2 > Z_95**2 * variance + 1e-15

    return _edge(outside, found, 0.0), _edge(outside, found, 1.0)


def icc(predicted: ArrayLike, truth: ArrayLike) -> float:
    """ICC(3,1), consistency of two raters (Shrout & Fleiss 1979): (MSR - MSE) / (MSR + MSE) over (N,) each.

    NaN for fewer than two rows or where nothing varies.
    """
    both = np.stack([_scores(predicted), _scores(truth)], axis=1)
    count = len(both)
    if count < 2:
        return float("nan")
    rows, raters, grand = both.mean(axis=1, keepdims=True), both.mean(axis=0, keepdims=True), both.mean()
    between = 2 * float(((rows - grand) ** 2).sum()) / (count - 1)
    error = float(((both - rows - raters + grand) ** 2).sum()) / (count - 1)
    return (between - error) / (between + error) if between + error > 0 else float("nan")


def f1(predicted: ArrayLike, truth: ArrayLike) -> float:
    """2TP / (2TP + FP + FN) of (N,) booleans; NaN where neither side ever says yes."""
    said, true = np.asarray(predicted, bool), np.asarray(truth, bool)
    if said.shape != true.shape:
        raise ValueError(f"{said.shape} predictions and {true.shape} truths")
    weight = int(said.sum() + true.sum())
    return 2 * int((said & true).sum()) / weight if weight else float("nan")


def bootstrap(
    statistic: Callable[..., float],
    *columns: ArrayLike,
    seed: int,
    groups: ArrayLike | None = None,
    draws: int = 1000,
) -> Interval:
    """95% percentile interval of ``statistic(*columns)``, (N,) or (N, …) columns drawn anew row by row.

    With ``groups`` (N,) whole groups are drawn (all pictures of a person together), since they are not independent.
    Draws in which the statistic is NaN are left out; (NaN, NaN) if it always is.
    """
    arrays = [np.asarray(column) for column in columns]
    count = len(arrays[0])
    labels = np.arange(count) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1].ravel()
    if any(len(array) != count for array in arrays) or len(labels) != count:
        raise ValueError("columns and groups differ in length")
    if count == 0:
        return float("nan"), float("nan")
    members = np.split(np.argsort(labels, kind="stable"), np.cumsum(np.bincount(labels))[:-1])
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        rows = np.concatenate([members[group] for group in rng.integers(0, len(members), len(members))])
        values.append(float(statistic(*(array[rows] for array in arrays))))
    known = [value for value in values if not np.isnan(value)]
    if not known:
        return float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def _scores(values: ArrayLike) -> NDArray[np.float64]:
    scores = np.asarray(values, dtype=np.float64).ravel()
    if np.isnan(scores).any():
        raise ValueError("a score is NaN")
    return scores


def _edge(outside: Callable[[NDArray[np.float64]], NDArray[np.bool_]], inside: float, end: float) -> float:
    """Where, on the way from ``inside`` to ``end``, values leave the interval (bisection)."""
    if not outside(np.array([end]))[0]:
        return end
    for _ in range(60):
        middle = (inside + end) / 2
        if outside(np.array([middle]))[0]:
            end = middle
        else:
            inside = middle
    return (inside + end) / 2
