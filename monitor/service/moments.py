"""Now, for the life of alerts: both clocks and which run of the machine the monotonic one belongs to."""

from __future__ import annotations

from pathlib import Path

from monitor.alerts.events import Moment
from monitor.clock import now_at, now_s

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Moments:
    """Gives the present moment."""

    def __init__(self) -> None:
        try:
            self._boot = _BOOT_ID.read_text(encoding="ascii").strip()
        except OSError:
            self._boot = ""

    def now(self) -> Moment:
        """Now."""
        return Moment(s=now_s(), at=now_at(), boot=self._boot)
