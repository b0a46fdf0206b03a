"""What every route of the page works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from anyio import CapacityLimiter

from monitor import clock
from monitor.web.history import History
from monitor.web.link import PageConfiguration, WardLink
from monitor.web.login_limits import LoginLimits
from monitor.web.opening import Opening
from monitor.web.passwords import Passwords
from monitor.web.sessions import SessionLimits
from monitor.web.signed_in import SignedIn
from monitor.web.streams import Viewers

HASHES_AT_A_TIME = 1
"""Each takes 64 MiB and a core for a moment."""


@dataclass(slots=True, kw_only=True)
class Page:
    """The ward, its database (once for users, once for records: a long look back holds up no login), and limits.

    ``now_s`` and ``now_at`` are the clocks.
    """

    link: WardLink
    accounts: Opening
    records: Opening
    history: History
    passwords: Passwords
    login_limits: LoginLimits
    signed_in: SignedIn
    viewers: Viewers = field(default_factory=Viewers)
    hashing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(HASHES_AT_A_TIME))
    now_s: Callable[[], float] = clock.now_s
    now_at: Callable[[], datetime] = clock.now_at

    @property
    def configuration(self) -> PageConfiguration:
        """The ward's, as of its last reload."""
        return self.link.configuration()

    @property
    def ward(self) -> str:
        """The ward's name."""
        return self.link.configuration().ward


def session_limits(configuration: PageConfiguration) -> SessionLimits:
    """How long logins last by the page's settings."""
    page = configuration.page
    idle = timedelta(minutes=page.idle_minutes) if page.idle_minutes else None
    return SessionLimits(lasts=timedelta(hours=page.session_hours), idle=idle)
