"""What every sink is: started, handed alerts and the state of beds, stepped, asked how it is, closed.

A sink belongs to the thread that made it: every method is called there, none of them waits for the receiver. What
takes time happens on the sink's own thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from monitor import clock
from monitor.alerts.events import Event
from monitor.sinks.bed_report import BedReport
from monitor.sinks.message import AlertMessage, BedWords
from monitor.sinks.outbox import OpenOutbox
from monitor.ward.credentials import Secret
from monitor.ward.sinks import SinkSettings

Command = Callable[[str, Event], None]
"""Takes a bed and what somebody asked for it from elsewhere; called within ``step``."""


def _nothing() -> None:
    """Wakes nobody."""


def _ignored(bed: str, event: Event) -> None:
    """Takes no commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkContext:
    """What a sink is given besides its settings.

    ``credentials`` are the ward's secrets by dotted path (``monitor.ward.credentials.read_credentials``).
    ``wake`` may be called from any thread when ``step`` has something to do before it is due. ``now_s`` and ``now_at``
    are the clocks. ``emotion_scores`` is the ward's privacy setting: without it no alert about emotions passes.
    ``lines`` is the form of the service's log, which the console shares where it is no terminal.
    """

    ward: str
    beds: Mapping[str, BedWords]
    outbox: OpenOutbox
    credentials: Mapping[str, Secret] = field(default_factory=dict)
    command: Command = _ignored
    emotion_scores: bool = False
    lines: Literal["json", "console"] = "json"
    wake: Callable[[], None] = _nothing
    now_s: Callable[[], float] = clock.now_s
    now_at: Callable[[], datetime] = clock.now_at


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkStatus:
    """How a sink is. ``trouble`` says in words what is wrong, None when nothing is; no secret is ever in it.

    ``waiting`` counts messages that are kept and not delivered (up to a bound that says "at least"), ``dropped`` those
    that never will be, by cause.
    """

    name: str
    kind: str
    trouble: str | None
    delivered: int
    waiting: int
    dropped: Mapping[str, int]
    last_delivered_at: datetime | None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.trouble is None


class Sink(Protocol):
    """One receiver of alerts."""

    @property
    def name(self) -> str:
        """The sink's name in the configuration."""

    def start(self) -> None:
        """Begin to deliver; what an earlier run left undelivered goes first."""

    def send(self, message: AlertMessage) -> None:
        """Tell ``message``, if this sink wants it. Kept until the receiver has it, within the sink's bounds."""

    def state(self, report: BedReport) -> None:
        """Take note of how a bed is now; receivers that keep a state are told when it changes."""

    def change(self, settings: SinkSettings, beds: Mapping[str, BedWords], *, emotion_scores: bool) -> None:
        """Go on with other beds, ``least_priority``, words or privacy; other settings need a new sink."""

    def step(self, now_s: float) -> None:
        """Do what is due: to be called about five times a second, and after ``wake``."""

    def status(self) -> SinkStatus:
        """How it is."""

    def close(self, timeout_s: float) -> None:
        """End within ``timeout_s`` seconds. Undelivered messages stay in the outbox. Closing twice is harmless."""
