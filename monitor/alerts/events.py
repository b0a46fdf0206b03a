"""What can happen to a bed's alerts. Each event is handed to ``lifecycle.step`` with the moment it happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitor.alerts.latch import Fact
from monitor.alerts.topics import Topic, Verdict
from monitor.errors import VigilError


class InvalidEvent(VigilError):
    """An event was built with values that cannot be true."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Now: ``s`` monotonic seconds, ``at`` UTC, ``boot`` which run of the machine ``s`` belongs to ("" unknown)."""

    s: float
    at: datetime
    boot: str = ""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise InvalidEvent("at must carry a time zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Whether one condition holds now. ``weak``: the explanation puts the evidence elsewhere than the claimed AUs.

    ``sentence`` says what was found in English, ``sentence_de`` in German.
    """

    fact: Fact
    confidence: float = 1.0
    sentence: str = ""
    sentence_de: str = ""
    weak: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What was found now. Topics that are not named were not looked at; unseen for long they count as unknown."""

    seen: Mapping[Topic, Seen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """``by`` took notice of ``alert_id``, perhaps with a verdict. Nothing happens when there is no such alert."""

    alert_id: str
    by: str
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAudio:
    """No sound for ``for_s`` seconds (cut to the longest allowed); everything stays visible and escalates."""

    for_s: float
    by: str

    def __post_init__(self) -> None:
        _positive(self.for_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeAudio:
    """Sound again before the pause runs out."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginPrivacy:
    """Care at the bed for ``for_s`` seconds (cut to the longest allowed): the picture is not judged."""

    for_s: float
    by: str

    def __post_init__(self) -> None:
        _positive(self.for_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPrivacy:
    """Care is over before the pause runs out."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Nothing happened but time. To be handed in about once a second."""


Event = Observed | Acknowledge | PauseAudio | ResumeAudio | BeginPrivacy | EndPrivacy | Tick


def _positive(for_s: float) -> None:
    if not 0.0 < for_s < float("inf"):
        raise InvalidEvent(f"a pause must last longer than 0 s and end, got {for_s}")
