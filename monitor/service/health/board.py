"""What the supervisor last said of itself, for those who ask from another thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STANDSTILL_S = 10.0
"""A loop that has not come round for longer does not live."""


class Board:
    """Published by the supervisor's loop, read by the health server. Every value is replaced whole, never changed."""

    def __init__(self, now_s: float) -> None:
        self._moved_s = now_s
        self._not_ready: tuple[str, ...] = ("starting",)
        self.status: Mapping[str, Any] = {}

    def moved(self, now_s: float) -> None:
        """The loop came round."""
        self._moved_s = now_s

    def publish(self, status: Mapping[str, Any], not_ready: tuple[str, ...]) -> None:
        """How things are; ``not_ready`` are the reasons why the service does not do its work, none when it does."""
        self.status, self._not_ready = status, not_ready

    def alive(self, now_s: float) -> tuple[str, ...]:
        """Why the service does not live; nothing when it does. A camera that is offline is no reason."""
        still_s = now_s - self._moved_s
        return (f"the loop has stood still for {still_s:.0f} s",) if still_s > STANDSTILL_S else ()

    def ready(self, now_s: float) -> tuple[str, ...]:
        """Why the service does not do its work; nothing when it does."""
        return (*self.alive(now_s), *self._not_ready)
