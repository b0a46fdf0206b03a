"""Something that is due every so often, by the monotonic clock. Pure."""

from __future__ import annotations


class Every:
    """``due(now_s)`` is true once per ``period_s``; a late call is not made up for."""

    def __init__(self, period_s: float, *, first_at_once: bool = True) -> None:
        self.period_s = period_s
        self._first_at_once = first_at_once
        self._due_s: float | None = None

    def due(self, now_s: float) -> bool:
        """Whether it is time (again)."""
        if self._due_s is None:
            self._due_s = now_s + self.period_s
            return self._first_at_once
        if now_s < self._due_s:
            return False
        self._due_s = max(self._due_s + self.period_s, now_s + self.period_s / 2)
        return True
