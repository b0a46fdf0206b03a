"""The only place that reads the machine's clocks. Everything else takes time as an argument."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now_s() -> float:
    """Monotonic seconds; for durations only."""
    return time.monotonic()


def perf_s() -> float:
    """High-resolution monotonic seconds; for stage timing."""
    return time.perf_counter()


def now_at() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)
