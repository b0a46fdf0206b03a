"""How long each stage of the way of a frame takes, in bounded memory however long the recording is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

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
        self._bins: NDArray[np.int64] = np.zeros(_STEPS_PER_DECADE * _DECADES, dtype=np.int64)

    def add(self, duration_ms: float) -> None:
        """Count one duration."""
        self.count += 1
        self.sum_ms += duration_ms
        self.max_ms = max(self.max_ms, duration_ms)
        step = int(np.log10(max(duration_ms, _FLOOR_MS) / _FLOOR_MS) * _STEPS_PER_DECADE)
        self._bins[min(step, self._bins.size - 1)] += 1

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


class StageClock:
    """Durations per named stage, in the order the stages were first entered."""

    def __init__(self) -> None:
        self.stages: dict[str, Durations] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block as one pass through ``name``."""
        began = perf_s()
        try:
            yield
        finally:
            self.stages.setdefault(name, Durations()).add((perf_s() - began) * 1000.0)

    def summary(self) -> dict[str, dict[str, float]]:
        """``Durations.summary`` per stage."""
        return {name: durations.summary() for name, durations in self.stages.items()}
