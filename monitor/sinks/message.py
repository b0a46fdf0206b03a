"""What one alert says to people and machines elsewhere: a transition in words, with where and who."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from monitor.alerts.topics import Reason, Topic, Verdict
from monitor.alerts.transition import Transition
from monitor.errors import InputError
from monitor.records import Kind, Presence, Priority
from monitor.sinks.words import headline
from monitor.storage.encoding import plain

FORMAT = "vigil-alert"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BedWords:
    """How people name a bed: its room and what they call the resident. Nothing that says who it is."""

    room: str = ""
    resident: str = "resident"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMessage:
    """One change of one alert. ``message_id`` is the same whenever the same change is told, and no other's.

    ``number`` rises within a bed. ``headline`` says what to do, ``sentence`` what was found. ``onset_at`` is when the
    condition began, ``at`` when this change happened (both UTC). ``level`` counts escalations, ``who`` is told now,
    ``by`` did it. ``audible``: whether it may be heard. ``test``: not a real alert. ``late``: it waited for a
    receiver that was away, so it may no longer be true.
    """

    message_id: str
    ward: str
    bed: str
    room: str
    resident: str
    number: int
    alert_id: str
    topic: Topic
    kind: Kind
    priority: Priority
    presence: Presence
    reason: Reason
    headline: str
    sentence: str
    weak: bool
    confidence: float | None
    onset_at: datetime
    at: datetime
    audible: bool
    level: int
    who: str | None
    by: str | None
    verdict: Verdict | None
    test: bool = False
    late: bool = False

    def to_json(self) -> str:
        """One line of JSON, as `docs/sinks.md` describes it; every key is always there."""
        document = {"format": FORMAT, "version": VERSION, **plain(self)}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The message that ``to_json`` wrote. InputError when it is none."""
        try:
            document: Any = json.loads(text)
            if not isinstance(document, dict) or (document.get("format"), document.get("version")) != (FORMAT, VERSION):
                raise InputError(f"no {FORMAT} of version {VERSION}")
            known = {field.name for field in fields(cls)}
            message: Self = _adapter().validate_python({key: value for key, value in document.items() if key in known})
            return message
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise InputError(f"no {FORMAT}: {where}: {error.errors()[0]['msg']}") from None
        except (ValueError, RecursionError):
            raise InputError(f"no {FORMAT}: not JSON") from None

    def marked_late(self) -> Self:
        """The same message, marked as one that waited."""
        return replace(self, late=True)


def alert_message(
    transition: Transition, *, ward: str, words: BedWords | None = None, test: bool = False
) -> AlertMessage | None:
    """The message of ``transition``; None where it concerns no single alert (pauses, restarts, time watched)."""
    topic, kind, priority, presence = transition.topic, transition.kind, transition.priority, transition.presence
    if transition.alert_id is None or topic is None or kind is None or priority is None or presence is None:
        return None
    named = words or BedWords()
    at = transition.at.astimezone(UTC)
    return AlertMessage(
        message_id=f"{ward}:{transition.bed}:{transition.number}:{round(at.timestamp() * 1000)}",
        ward=ward,
        bed=transition.bed,
        room=named.room,
        resident=named.resident,
        number=transition.number,
        alert_id=transition.alert_id,
        topic=topic,
        kind=kind,
        priority=priority,
        presence=presence,
        reason=transition.reason,
        headline=headline(transition, room=named.room, resident=named.resident),
        sentence=transition.sentence,
        weak=transition.weak,
        confidence=transition.confidence,
        onset_at=_onset(at, transition.held_s),
        at=at,
        audible=bool(transition.audible),
        level=transition.level,
        who=transition.who,
        by=transition.by,
        verdict=transition.verdict,
        test=test,
    )


def words_of(beds: Mapping[str, BedWords], bed: str) -> BedWords:
    """How ``bed`` is named; plain words for one that is not configured any more."""
    return beds.get(bed) or BedWords()


def _onset(at: datetime, held_s: float | None) -> datetime:
    try:
        return at - timedelta(seconds=max(0.0, held_s or 0.0))
    except OverflowError:  # a clock set to the year 1
        return at


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(AlertMessage)
