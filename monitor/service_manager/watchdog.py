"""When the watchdog deserves its food: only after every stage moved. Pure: time comes with the call."""

from __future__ import annotations

from collections.abc import Iterable

_SHARE = 0.5
"""Systemd's own advice: feed at half of its patience."""


class Watchdog:
    """Stages by name; each must say that it moved, or that it lives and has nothing to do, between two feeds.

    ``patience_s``: how long systemd waits (``ServiceManager.watchdog_s``); None: nobody watches, ``due`` is never
    true, but ``late`` works all the same.
    """

    def __init__(self, patience_s: float | None, stages: Iterable[str] = ()) -> None:
        self._patience_s = patience_s
        self._moved: dict[str, bool] = dict.fromkeys(stages, False)
        self._seen_s: dict[str, float] = {}
        self._fed_s: float | None = None

    def moved(self, stage: str) -> None:
        """``stage`` did its work once more. KeyError for a stage that nobody expects: a wrong name must not feed."""
        self._require(stage)
        self._moved[stage] = True

    def idle(self, stage: str) -> None:
        """``stage`` is well and has nothing to do (a camera that is off); counts like ``moved``."""
        self.moved(stage)

    def expect(self, stage: str) -> None:
        """From now on ``stage`` must move too; it has until the next feed but one is due."""
        if stage not in self._moved:
            self._moved[stage] = True

    def forget(self, stage: str) -> None:
        """``stage`` is gone on purpose."""
        self._moved.pop(stage, None)
        self._seen_s.pop(stage, None)

    @property
    def stages(self) -> tuple[str, ...]:
        """Who must move."""
        return tuple(self._moved)

    def due(self, now_s: float) -> bool:
        """Whether to feed now: half of the patience is over and every stage moved since the last feed.

        When it says so, it counts as fed and every stage must move anew. Without stages nothing proves life.
        """
        self._watch(now_s)
        if self._patience_s is None or not self._moved or not all(self._moved.values()):
            return False
        if self._fed_s is not None and now_s - self._fed_s < self._patience_s * _SHARE:
            return False
        self._fed_s = now_s
        self._moved = dict.fromkeys(self._moved, False)
        return True

    def late(self, now_s: float) -> dict[str, float]:
        """Stages that have not moved since the last feed, and for how many seconds at least."""
        self._watch(now_s)
        return {stage: now_s - self._seen_s[stage] for stage, moved in self._moved.items() if not moved}

    def _watch(self, now_s: float) -> None:
        """Notes when each stage was last known to have moved; without feeds the marks fade by themselves."""
        for stage, moved in self._moved.items():
            if moved or stage not in self._seen_s:
                self._seen_s[stage] = now_s
            if moved and self._patience_s is None:
                self._moved[stage] = False

    def _require(self, stage: str) -> None:
        if stage not in self._moved:
            raise KeyError(f"no stage {stage!r} is watched, only {', '.join(self._moved)}")
