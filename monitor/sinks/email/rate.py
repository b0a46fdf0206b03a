"""How many mails may go: so many an hour, a few at once after a quiet time."""

from __future__ import annotations

BURST = 10


class MailRate:
    """A bucket of at most ``BURST`` mails that refills evenly; times are monotonic seconds."""

    def __init__(self, per_hour: int) -> None:
        self._per_s = per_hour / 3600.0
        self._most = float(min(BURST, per_hour))
        self._left = self._most
        self._at_s: float | None = None

    def pause_s(self, now_s: float) -> float:
        """How long until the next mail may go; 0 when it may."""
        self._refill(now_s)
        return 0.0 if self._left >= 1.0 - 1e-9 else (1.0 - self._left) / self._per_s

    def spend(self, now_s: float) -> None:
        """A mail goes."""
        self._refill(now_s)
        self._left = max(0.0, self._left - 1.0)

    def _refill(self, now_s: float) -> None:
        passed_s = 0.0 if self._at_s is None else max(0.0, now_s - self._at_s)
        self._left = min(self._most, self._left + passed_s * self._per_s)
        self._at_s = now_s
