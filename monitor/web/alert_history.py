"""Alerts as people look back at them, made of their transitions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from monitor.alerts.topics import Reason
from monitor.alerts.transition import Transition
from monitor.records import Presence


def told_alert(alert_id: str, lines: Sequence[Transition], room: str) -> dict[str, Any]:
    """One alert for the page; ``lines`` (at least one) are its transitions in order."""
    first, last = lines[0], lines[-1]
    taken = next((line for line in lines if line.reason is Reason.ACKNOWLEDGED), None)
    verdicts = [line.verdict for line in lines if line.verdict is not None]
    worded = [line for line in lines if line.sentence] or [first]
    return {
        "alert_id": alert_id,
        "bed": first.bed,
        "room": room,
        "topic": _value(first.topic),
        "kind": _value(first.kind),
        "priority": _value(last.priority or first.priority),
        "presence": _value(last.presence),
        "weak": all(line.weak for line in lines),
        "confidence": worded[-1].confidence,
        "sentence": sentences(worded[-1].sentence, getattr(worded[-1], "sentence_de", None)),
        "raised_at": moment(first.at),
        "ended_at": moment(last.at) if last.presence is Presence.OFF else None,
        "acknowledged_at": None if taken is None else moment(taken.at),
        "acknowledged_by": None if taken is None else taken.by,
        "verdict": _value(verdicts[-1]) if verdicts else None,
        "escalations": [{"at": moment(line.at), "who": line.who} for line in lines if line.reason is Reason.ESCALATED],
    }


def told_transition(line: Transition) -> dict[str, Any]:
    """One line of an alert's life."""
    return {
        "at": moment(line.at),
        "reason": line.reason.value,
        "presence": _value(line.presence),
        "by": line.by,
        "verdict": _value(line.verdict),
        "who": line.who,
    }


def by_alert(lines: Iterable[Transition]) -> dict[str, list[Transition]]:
    """Lines by alert, in the order in which the alerts began; those of no alert are left out."""
    alerts: dict[str, list[Transition]] = {}
    for line in lines:
        if line.alert_id is not None:
            alerts.setdefault(line.alert_id, []).append(line)
    return alerts


def sentences(english: str, german: str | None) -> dict[str, str]:
    """Both languages; the English one where there is no German one."""
    return {"en": english, "de": german or english}


def moment(at: datetime) -> str:
    """As the page reads it."""
    return at.isoformat(timespec="seconds")


def _value(member: Any) -> str | None:
    return None if member is None else str(member.value)
