"""How long each stage of the way of a frame takes, in bounded memory however long the recording is."""

from __future__ import annotations

import math
from types import TracebackType

import numpy as np

from monitor.clock import perf_s

_FLOOR_MS = 1e-3
_STEPS_PER_DECADE = 100
_DECADES = 9


class Durations:
    """Counts of durations in steps of 2.3%, from 1 µs to 1000 s."""

    def __init__(self) -> None:
        self.count = 0
        self.sum_ms = 0.0
        self.max_ms = 0.0
        self._bins = [0] * (_STEPS_PER_DECADE * _DECADES)

    def add(self, duration_ms: float) -> None:
        """Count one duration."""
        self.count += 1
        self.sum_ms += duration_ms
        self.max_ms = max(self.max_ms, duration_ms)
        step = int(math.log10(max(duration_ms, _FLOOR_MS) / _FLOOR_MS) * _STEPS_PER_DECADE)
        self._bins[min(step, len(self._bins) - 1)] += 1

    def quantile_ms(self, share: float) -> float:
        """The duration below which ``share`` of the counted ones lie (within 2.3%); 0 when none was counted."""
        if self.count == 0:
            return 0.0
        step = int(np.searchsorted(np.cumsum(self._bins), share * self.count))
        return float(min(_FLOOR_MS * 10 ** ((step + 1) / _STEPS_PER_DECADE), self.max_ms))

    def summary(self) -> dict[str, float]:
        """``mean``, ``p50``, ``p95``, ``p99``, ``max`` in ms, and ``count``."""
        return {
            "mean": round(self.sum_ms / max(self.count, 1), 3),
            "p50": round(self.quantile_ms(0.5), 3),
            "p95": round(self.quantile_ms(0.95), 3),
            "p99": round(self.quantile_ms(0.99), 3),
            "max": round(self.max_ms, 3),
            "count": self.count,
        }


class Stage:
    """One pass through a stage, timed by ``with``; a pass that an error ends counts as well."""

    __slots__ = ("_began_s", "_durations")

    def __init__(self, durations: Durations) -> None:
        self._durations = durations
        self._began_s = 0.0

    def __enter__(self) -> None:
        self._began_s = perf_s()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._durations.add((perf_s() - self._began_s) * 1000.0)


class StageClock:
    """Durations per named stage, in the order the stages were first entered."""

    def __init__(self) -> None:
        self.stages: dict[str, Durations] = {}

    def stage(self, name: str) -> Stage:
        """Time the block as one pass through ``name``."""
        durations = self.stages.get(name)
        if durations is None:
            durations = self.stages[name] = Durations()
        return Stage(durations)

    def summary(self) -> dict[str, dict[str, float]]:
        """``Durations.summary`` per stage."""
        return {name: durations.summary() for name, durations in self.stages.items()}
