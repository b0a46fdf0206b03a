"""Where the alerts of one bed stand. Bounded: one entry a topic, nothing grows with time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.alerts.events import Moment
from monitor.alerts.latch import Fact, LatchState
from monitor.alerts.topics import Topic, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicState:
    """One topic. ``number`` is its latest alert's (0: none yet); ``waiting_s`` how long that has gone unheeded.

    ``seen_s`` is when the topic was last looked at and ``fact`` what was found; ``raised_s`` when the alert last went
    on, ``acked_s`` when it was acknowledged, ``ended_s`` when it went off, ``level`` the escalations so far.
    """

    latch: LatchState = field(default_factory=LatchState)
    fact: Fact = Fact.UNKNOWN
    seen_s: float = float("-inf")
    number: int = 0
    raised_s: float = 0.0
    waiting_s: float = 0.0
    level: int = 0
    acked_s: float | None = None
    ended_s: float | None = None
    hushed: bool = False
    """Came back within the cooldown, not heard until that is over."""
    weak: bool = False
    verdict: Verdict | None = None
    confidence: float = 0.0
    sentence: str = ""
    sentence_de: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BedState:
    """All alerts of one bed. ``told`` numbers the transitions, ``alerts`` the alerts; neither ever falls.

    ``audio_until_s`` and ``privacy_until_s`` are the ends of running pauses. ``watched_s``, ``assessed_s`` and
    ``paused_s`` are the times since the last WATCHED line, that began at ``watch_from_at``.
    """

    bed: str
    now_s: float
    now_at: datetime
    boot: str = ""
    topics: Mapping[Topic, TopicState] = field(default_factory=lambda: dict.fromkeys(Topic, TopicState()))
    told: int = 0
    alerts: int = 0
    audio_until_s: float | None = None
    privacy_until_s: float | None = None
    watch_from_at: datetime
    watched_s: float = 0.0
    assessed_s: float = 0.0
    paused_s: float = 0.0


def new_bed(bed: str, now: Moment) -> BedState:
    """A bed of which nothing is known yet."""
    return BedState(bed=bed, now_s=now.s, now_at=now.at, boot=now.boot, watch_from_at=now.at)


def alert_id(bed: str, number: int) -> str:
    """The name of a bed's alert, never given twice as long as the state is kept."""
    return f"{bed}:{number}"


def numbered_after(state: BedState, told: int, alerts: int) -> BedState:
    """The same state, numbering on after what a journal already holds (it may be newer than the state kept)."""
    return replace(state, told=max(state.told, told), alerts=max(state.alerts, alerts))
