"""The last seconds of judged frames: means weighted by time, coverage, and what kept frames from being judged."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import TypeVar

from models.action_units import ActionUnit
from monitor.judgement import FramePain
from monitor.records import CannotAssess

K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One frame of the window, standing for ``duration_s`` seconds. ``pain`` is None where ``cause`` says why."""

    captured_s: float
    duration_s: float
    cause: CannotAssess | None = None
    pain: FramePain | None = None
    pspi: float | None = None
    emotions: Mapping[str, float] = field(default_factory=dict)
    distress: Mapping[str, float] = field(default_factory=dict)


class Window:
    """The moments of the last ``span_s`` seconds."""

    def __init__(self, span_s: float) -> None:
        self._span_s = span_s
        self._moments: deque[Moment] = deque()
        self._began_s: float | None = None

    def push(self, moment: Moment) -> None:
        """Add the newest moment and let go of those that ended before the window began."""
        if self._began_s is None:
            self._began_s = moment.captured_s - moment.duration_s
        self._moments.append(moment)
        while self._moments and self._moments[0].captured_s <= moment.captured_s - self._span_s:
            self._moments.popleft()

    @property
    def coverage(self) -> float:
        """Share of the window (of the time since the recording began, while that is shorter) that was judged."""
        if not self._moments or self._began_s is None:
            return 0.0
        elapsed = self._moments[-1].captured_s - self._began_s
        return min(1.0, sum(m.duration_s for m in self._judged()) / max(min(self._span_s, elapsed), 1e-9))

    @property
    def main_cause(self) -> CannotAssess:
        """What kept the longest part of the window from being judged."""
        lost: dict[CannotAssess, float] = {}
        for moment in self._moments:
            if moment.cause is not None:
                lost[moment.cause] = lost.get(moment.cause, 0.0) + moment.duration_s
        return max(lost, key=lambda cause: lost[cause]) if lost else CannotAssess.TOO_LITTLE_SEEN

    @property
    def pspi(self) -> float | None:
        """Median of the absolute PSPI where it was computable."""
        known = [moment.pspi for moment in self._moments if moment.pspi is not None]
        return median(known) if known else None

    def emotions(self) -> dict[str, float]:
        """Mean share per emotion."""
        return _mean([(moment.duration_s, moment.emotions) for moment in self._judged()])

    def distress(self) -> dict[str, float]:
        """Mean rise per distressing emotion."""
        return _mean([(moment.duration_s, moment.distress) for moment in self._judged()])

    def rises(self, floor: float) -> dict[ActionUnit, float]:
        """Mean rise per AU over the frames, each weighted by its pain; strongest first, none under ``floor``."""
        found = [(moment.duration_s * moment.pain.score, moment.pain.rises) for moment in self._moments if moment.pain]
        mean = _mean(found)
        return {unit: mean[unit] for unit in sorted(mean, key=lambda unit: (-mean[unit], unit)) if mean[unit] >= floor}

    def agreement(self, threshold: float, in_pain: bool) -> float:
        """Share of the judged time in which single frames lay on the judged side of ``threshold``."""
        judged = self._judged()
        total = sum(moment.duration_s for moment in judged)
        agreed = sum(m.duration_s for m in judged if m.pain and (m.pain.score >= threshold) == in_pain)
        return agreed / total if total > 0 else 0.0

    def _judged(self) -> list[Moment]:
        return [moment for moment in self._moments if moment.pain is not None]


class Smoothed:
    """Exponentially forgetting mean over time with constant ``tau_s``; starts at its first value."""

    def __init__(self, tau_s: float) -> None:
        self._tau_s = tau_s
        self.value: float | None = None

    def update(self, value: float, duration_s: float) -> float:
        """Take in ``value``, which held for ``duration_s``; returns the new mean."""
        if self.value is None:
            self.value = value
        else:
            self.value += (1.0 - math.exp(-duration_s / self._tau_s)) * (value - self.value)
        return self.value

    def forget(self) -> None:
        """Start anew with the next value."""
        self.value = None


def _mean(weighted: list[tuple[float, Mapping[K, float]]]) -> dict[K, float]:
    """Weighted mean per key; a key missing from a mapping counts as 0 there."""
    total = sum(weight for weight, _ in weighted)
    if total <= 0:
        return {}
    mean: dict[K, float] = {}
    for weight, values in weighted:
        for key, value in values.items():
            mean[key] = mean.get(key, 0.0) + weight * value / total
    return mean
