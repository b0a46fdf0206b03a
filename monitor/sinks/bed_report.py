"""How a bed is now, for receivers that keep a state: judgement, alerts that are out, pauses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.alerts.bed_state import BedState, alert_id
from monitor.alerts.events import Moment
from monitor.alerts.topics import Topic, kind, priority
from monitor.alerts.workbench import audible
from monitor.records import CannotAssess, Kind, Level, Presence, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class OutAlert:
    """An alert that is on, latched or acknowledged."""

    alert_id: str
    topic: Topic
    kind: Kind
    priority: Priority
    presence: Presence
    audible: bool
    weak: bool
    level: int
    sentence: str
    sentence_de: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BedReport:
    """``score`` in [0, 1] is the judged pain, None when unknown. ``online``: the bed's camera gives pictures."""

    bed: str
    at: datetime
    level: Level
    score: float | None
    cannot_assess: CannotAssess | None
    online: bool
    alerts: tuple[OutAlert, ...]
    audio_paused_until: datetime | None
    privacy_until: datetime | None


def bed_report(
    state: BedState,
    now: Moment,
    *,
    level: Level = Level.UNASSESSABLE,
    score: float | None = None,
    cannot_assess: CannotAssess | None = None,
    online: bool = True,
) -> BedReport:
    """The report of ``state`` at ``now`` with the latest judgement. Alerts come with the highest priority first."""
    out = [
        OutAlert(
            alert_id=alert_id(state.bed, entry.number),
            topic=topic,
            kind=kind(topic),
            priority=priority(topic, weak=entry.weak),
            presence=entry.latch.presence,
            audible=audible(state, topic),
            weak=entry.weak,
            level=entry.level,
            sentence=entry.sentence,
            sentence_de=entry.sentence_de,
        )
        for topic, entry in state.topics.items()
        if entry.latch.presence is not Presence.OFF and entry.number
    ]
    ranks = list(Priority)
    return BedReport(
        bed=state.bed,
        at=now.at,
        level=level,
        score=score,
        cannot_assess=cannot_assess,
        online=online,
        alerts=tuple(sorted(out, key=lambda alert: (-ranks.index(alert.priority), list(Topic).index(alert.topic)))),
        audio_paused_until=_until(state.audio_until_s, now),
        privacy_until=_until(state.privacy_until_s, now),
    )


def _until(until_s: float | None, now: Moment) -> datetime | None:
    return None if until_s is None else now.at + timedelta(seconds=max(0.0, until_s - now.s))
