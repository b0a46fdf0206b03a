"""How often a decision like this one is right: "90 of 100", counted on pictures that were not trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import SpecMismatch
from models.evaluation.intervals import wilson

FEWEST = 20
"""Fewest pictures that a statement "… of 100" rests on."""


@dataclass(frozen=True, slots=True)
class Certainty:
    """``right`` of ``count`` validation pictures that the model was as sure of were of the class it said."""

    right: int
    count: int

    @property
    def of_100(self) -> int:
        """Right ones of a hundred."""
        return round(100 * self.right / self.count)

    @property
    def interval(self) -> tuple[int, int]:
        """95% interval (Wilson) of ``of_100``, rounded outwards."""
        low, high = wilson(self.right, self.count)
        return int(np.floor(100 * low)), int(np.ceil(100 * high))


@dataclass(frozen=True, slots=True)
class _Step:
    least: float
    """Confidence from which the step holds."""
    right: int
    count: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Counts by predicted class and confidence; a higher confidence never means a smaller share (isotonic)."""

    steps: Mapping[str, tuple[_Step, ...]]

    def certainty(self, name: str, confidence: float) -> Certainty | None:
        """Of pictures said to be ``name`` with such a ``confidence``; None where too few were seen to count."""
        known = [step for step in self.steps.get(name, ()) if step.least <= confidence]
        steps = known[-1:] or list(self.steps.get(name, ()))[:1]
        return Certainty(steps[0].right, steps[0].count) if steps else None


def calibrate(probability: NDArray[np.floating], truth: NDArray[np.integer], names: tuple[str, ...]) -> Calibration:
    """Counts on validation pictures: (N, K) ``probability`` and (N,) true class, ``names`` (K) of the classes.

    Isotonic regression by pooling adjacent violators (Ayer et al. 1955) over the pictures that are said to be of a
    class; steps of fewer than ``FEWEST`` pictures join a neighbour. A class said less often than that stays unknown.
    SpecMismatch where the shapes do not fit.
    """
    if probability.ndim != 2 or probability.shape != (len(truth), len(names)):
        raise SpecMismatch(f"calibration: {probability.shape} probabilities, {len(truth)} labels, {len(names)} classes")
    said = probability.argmax(axis=1) if len(truth) else np.zeros(0, np.int64)
    steps: dict[str, tuple[_Step, ...]] = {}
    for number, name in enumerate(names):
        rows = np.flatnonzero(said == number)
        if len(rows) >= FEWEST:
            steps[name] = _steps(probability[rows, number], np.asarray(truth)[rows] == number)
    return Calibration(steps)


def expected_calibration_error(
    probability: NDArray[np.floating], truth: NDArray[np.integer], bins: int = 10
) -> float | None:
    """Mean gap between confidence and share of right decisions over equal bins of confidence (Naeini et al. 2015)."""
    if not len(truth):
        return None
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == truth
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(confidence[place == b].sum() - right[place == b].sum()) for b in range(bins)]
    return float(np.sum(gaps) / len(truth))


def _steps(confidence: NDArray[np.floating], right: NDArray[np.bool_]) -> tuple[_Step, ...]:
    levels, place = np.unique(confidence, return_inverse=True)
    pooled: list[_Step] = []
    for level, hits, count in zip(levels, np.bincount(place, weights=right), np.bincount(place), strict=True):
        pooled.append(_Step(float(level), int(hits), int(count)))
        while len(pooled) > 1 and _share(pooled[-1]) <= _share(pooled[-2]):
            last, before = pooled.pop(), pooled.pop()
            pooled.append(_joined(before, last))
    while len(pooled) > 1 and min(step.count for step in pooled) < FEWEST:
        smallest = min(range(len(pooled)), key=lambda place: pooled[place].count)
        first = smallest - 1 if smallest > 0 else 0
        if 0 < smallest < len(pooled) - 1 and pooled[smallest + 1].count < pooled[smallest - 1].count:
            first = smallest
        pooled[first : first + 2] = [_joined(pooled[first], pooled[first + 1])]
    return tuple(pooled)


def _share(step: _Step) -> float:
    return step.right / step.count


def _joined(lower: _Step, upper: _Step) -> _Step:
    return _Step(lower.least, lower.right + upper.right, lower.count + upper.count)
