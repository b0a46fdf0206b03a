"""Now, for the life of alerts: both clocks and which run of the machine the monotonic one belongs to."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path

from monitor.alerts.events import Moment
from monitor.clock import now_at, now_s

VARIABLE = "VIGIL_BOOT_ID"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Moments:
    """Gives the present moment."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._boot = _boot_id(environment or {})

    def now(self) -> Moment:
        """Now."""
        return Moment(s=now_s(), at=now_at(), boot=self._boot)


def _boot_id(environment: Mapping[str, str]) -> str:
    """What systemd says (where the unit keeps /proc/sys out of view), else the kernel; "" when nobody does."""
    said = environment.get(VARIABLE, "")
    if not said:
        with contextlib.suppress(OSError):
            said = _BOOT_ID.read_text(encoding="ascii")
    found = said.strip().replace("-", "").lower()
    return found if re.fullmatch("[0-9a-f]{32}", found) else ""
