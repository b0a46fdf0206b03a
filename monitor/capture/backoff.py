"""How long to wait before a source is tried again. Pure, but for the random numbers that are handed in."""

from __future__ import annotations

from collections.abc import Callable

from monitor.ward.sources import CaptureSettings

HEALTHY_AFTER_S = 10.0
"""A run that gave pictures for so long makes up for all failures before it."""


class Backoff:
    """Pauses that double with every failure in a row. ``chance()`` gives numbers in [0, 1)."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._failures = 0

    def ended(self, settings: CaptureSettings, pictures_for_s: float, *, stuck: bool) -> float:
        """Seconds until the next attempt, after a run that gave pictures for ``pictures_for_s``.

        A stuck run has already cost ``stuck_after_s``, so it is followed by the first pause again.
        """
        self._failures = 1 if stuck or pictures_for_s >= HEALTHY_AFTER_S else self._failures + 1
        doubled = settings.first_backoff_s * 2.0 ** min(self._failures - 1, 32)
        varied = 1 + settings.backoff_jitter * (2 * self._chance() - 1)
        return min(doubled, settings.longest_backoff_s) * varied
