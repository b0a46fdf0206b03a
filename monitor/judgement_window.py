"""The last seconds of judged frames: means weighted by time, coverage, and what kept frames from being judged."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from models.action_units import ActionUnit
from monitor.judgement import FramePain
from monitor.records import CannotAssess
from monitor.running_means import RunningMeans, Share, whole


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


@dataclass(frozen=True, slots=True)
class _Kept:
    """A moment and what it added to the window's sums; ``shares`` is empty where it was not judged."""

    moment: Moment
    shares: tuple[Share[str], Share[str], Share[ActionUnit]] | None


class Window:
    """The moments of the last ``span_s`` seconds.

    Nothing goes over all moments for a frame that can be judged: means are running sums, the median's values are kept
    in order. ``threshold`` is the score from which a single frame speaks for pain.
    """

    def __init__(self, span_s: float, threshold: float) -> None:
        self._span_s = span_s
        self._threshold = threshold
        self._kept: deque[_Kept] = deque()
        self._began_s: float | None = None
        self._judged = 0
        self._in_pain = 0
        self._pspi: list[float] = []
        self._emotions: RunningMeans[str] = RunningMeans()
        self._distress: RunningMeans[str] = RunningMeans()
        self._rises: RunningMeans[ActionUnit] = RunningMeans()

    def push(self, moment: Moment) -> None:
        """Add the newest moment and let go of those that ended before the window began."""
        if self._began_s is None:
            self._began_s = moment.captured_s - moment.duration_s
        self._kept.append(self._put_in(moment))
        until_s = moment.captured_s - self._span_s
        while self._kept and self._kept[0].moment.captured_s <= until_s:
            self._let_go(self._kept.popleft())

    def _put_in(self, moment: Moment) -> _Kept:
        if moment.pspi is not None:
            insort(self._pspi, moment.pspi)
        pain, duration_s = moment.pain, moment.duration_s
        if pain is None:
            return _Kept(moment, None)
        self._judged += whole(duration_s)
        self._in_pain += whole(duration_s) if pain.score >= self._threshold else 0
        emotions = self._emotions.add(duration_s, moment.emotions)
        distress = self._distress.add(duration_s, moment.distress)
        return _Kept(moment, (emotions, distress, self._rises.add(duration_s * pain.score, pain.rises)))

    def _let_go(self, kept: _Kept) -> None:
        moment = kept.moment
        if moment.pspi is not None:
            del self._pspi[bisect_left(self._pspi, moment.pspi)]
        if moment.pain is None or kept.shares is None:
            return
        self._judged -= whole(moment.duration_s)
        self._in_pain -= whole(moment.duration_s) if moment.pain.score >= self._threshold else 0
        emotions, distress, rises = kept.shares
        self._emotions.take_away(emotions)
        self._distress.take_away(distress)
        self._rises.take_away(rises)

    @property
    def coverage(self) -> float:
        """Share of the window (of the time since the recording began, while that is shorter) that was judged."""
        if not self._kept or self._began_s is None:
            return 0.0
        elapsed = self._kept[-1].moment.captured_s - self._began_s
        return min(1.0, self._judged / whole(max(min(self._span_s, elapsed), 1e-9)))

    @property
    def main_cause(self) -> CannotAssess:
        """What kept the longest part of the window from being judged."""
        lost: dict[CannotAssess, float] = {}
        for kept in self._kept:
            cause = kept.moment.cause
            if cause is not None:
                lost[cause] = lost.get(cause, 0.0) + kept.moment.duration_s
        return max(lost, key=lambda cause: lost[cause]) if lost else CannotAssess.TOO_LITTLE_SEEN

    @property
    def pspi(self) -> float | None:
        """Median of the absolute PSPI where it was computable."""
        known, middle = self._pspi, len(self._pspi) // 2
        if not known:
            return None
        return known[middle] if len(known) % 2 else (known[middle - 1] + known[middle]) / 2

    def emotions(self) -> dict[str, float]:
        """Mean share per emotion."""
        return self._emotions.means()

    def distress(self) -> dict[str, float]:
        """Mean rise per distressing emotion."""
        return self._distress.means()

    def rises(self, floor: float) -> dict[ActionUnit, float]:
        """Mean rise per AU over the frames, each weighted by its pain; strongest first, none under ``floor``."""
        mean = self._rises.means()
        return {unit: mean[unit] for unit in sorted(mean, key=lambda unit: (-mean[unit], unit)) if mean[unit] >= floor}

    def agreement(self, in_pain: bool) -> float:
        """Share of the judged time in which single frames lay on the judged side of the threshold."""
        agreed = self._in_pain if in_pain else self._judged - self._in_pain
        return agreed / self._judged if self._judged > 0 else 0.0


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
