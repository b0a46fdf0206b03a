"""Whether every stage of the service moved, which alone deserves the watchdog's food."""

from __future__ import annotations

from monitor.service.ward import Ward
from monitor.service_manager.watchdog import Watchdog

_ALIVE_S = 5.0


class Stages:
    """``control`` each time the loop came round; ``due`` when systemd should be told that all is well."""

    def __init__(self, patience_s: float | None) -> None:
        self._watchdog = Watchdog(patience_s, ("control", "inference"))
        self._sequences: dict[str, int] = {}

    def control(self) -> None:
        """The loop came round."""
        self._watchdog.moved("control")

    def due(self, ward: Ward, now_s: float) -> bool:
        """Look what moved, and whether it is time to say so. What the supervisor itself brings back counts as idle."""
        if ward.judging.ready is None or ward.judging.silent_s(now_s) < _ALIVE_S:
            self._watchdog.moved("inference")
        statuses = ward.cameras.status
        for source in set(self._sequences) - set(statuses):
            self._watchdog.forget(f"capture:{source}")
            del self._sequences[source]
        for source, status in statuses.items():
            stage = f"capture:{source}"
            if source not in self._sequences:
                self._watchdog.expect(stage)
            if status.sequence != self._sequences.get(source) or not status.online:
                self._watchdog.moved(stage)
            self._sequences[source] = status.sequence
        return self._watchdog.due(now_s)
