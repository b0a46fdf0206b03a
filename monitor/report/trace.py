"""The course of a run in bounded memory: bins of time that double in width whenever they become too many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from monitor.pipeline import Step
from monitor.records import Level, Record

MAX_BINS = 2048
_FIRST_WIDTH_S = 0.1


@dataclass(slots=True)
class Bin:
    """What happened in one stretch of time. ``score_max`` and ``pspi_max`` are None while nothing was judged."""

    score_max: float | None = None
    pspi_max: float | None = None
    joy_max: float | None = None
    coverage_min: float = 1.0
    levels: dict[Level, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    explained: int = 0

    @property
    def level(self) -> Level | None:
        """The level of most pictures in the bin; pain wins a tie."""
        order = (Level.NO_PAIN, Level.UNASSESSABLE, Level.PAIN)
        return max(self.levels, key=lambda level: (self.levels[level], order.index(level)), default=None)

    @property
    def reason(self) -> str | None:
        """The commonest reason why the bin could not be assessed."""
        return max(self.reasons, key=lambda reason: self.reasons[reason], default=None)

    def absorb(self, later: Bin) -> None:
        """Add what a neighbour holds."""
        self.score_max = _larger(self.score_max, later.score_max)
        self.pspi_max = _larger(self.pspi_max, later.pspi_max)
        self.joy_max = _larger(self.joy_max, later.joy_max)
        self.coverage_min = min(self.coverage_min, later.coverage_min)
        self.explained += later.explained
        for level, count in later.levels.items():
            self.levels[level] = self.levels.get(level, 0) + count
        for reason, count in later.reasons.items():
            self.reasons[reason] = self.reasons.get(reason, 0) + count


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring bins of one level."""

    since_s: float
    until_s: float
    level: Level
    reason: str | None


class Trace:
    """Consumer that bins the judgement over time. ``bins[i]`` covers ``[i, i + 1) × width_s`` from the start."""

    def __init__(self) -> None:
        self.width_s = _FIRST_WIDTH_S
        self.bins: list[Bin] = []
        self.end_s = 0.0

    def take(self, step: Step) -> None:
        """Bin one step."""
        judged = step.assessment
        now_s = max(judged.captured_s, 0.0)
        self.end_s = max(self.end_s, now_s)
        while now_s / self.width_s >= MAX_BINS:
            self._halve()
        index = int(now_s / self.width_s)
        while len(self.bins) <= index:
            self.bins.append(Bin())
        reason = str(judged.cannot_assess) if judged.cannot_assess else None
        self.bins[index].absorb(
            Bin(
                score_max=judged.score,
                pspi_max=judged.pspi,
                joy_max=judged.trend.get("joy"),
                coverage_min=judged.coverage,
                levels={judged.level: 1},
                reasons={reason: 1} if reason else {},
                explained=int(step.request is not None),
            )
        )

    def end(self, records: Sequence[Record]) -> None:
        """Nothing comes after the last picture."""

    def _halve(self) -> None:
        merged = []
        for left, right in zip(self.bins[::2], [*self.bins[1::2], Bin()], strict=False):
            left.absorb(right)
            merged.append(left)
        self.bins = merged
        self.width_s *= 2

    def stretches(self) -> list[Stretch]:
        """The run as stretches of one level each; bins without a picture continue the one before."""
        out: list[Stretch] = []
        for index, entry in enumerate(self.bins):
            level = entry.level
            since_s, until_s = index * self.width_s, min((index + 1) * self.width_s, max(self.end_s, self.width_s))
            reason = entry.reason if level is Level.UNASSESSABLE else None
            if out and (level is None or (level is out[-1].level and reason == out[-1].reason)):
                out[-1] = Stretch(out[-1].since_s, until_s, out[-1].level, out[-1].reason)
            elif level is not None:
                out.append(Stretch(since_s, until_s, level, reason))
        return out


def _larger(left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return right if left is None else left
    return max(left, right)
