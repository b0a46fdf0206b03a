"""The retained state of a bed as JSON: enough for a dashboard without any memory of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from monitor.alerts.topics import Topic
from monitor.records import Kind, Level, Presence, Priority
from monitor.sinks.bed_report import BedReport, OutAlert
from monitor.sinks.message import BedWords
from monitor.storage.encoding import plain

FORMAT = "vigil-bed"
VERSION = 1
ON, OFF, UNKNOWN = "ON", "OFF", "None"
"""States of a binary sensor as Home Assistant reads them; nobody seen is unknown and never OFF."""
_RANKS = tuple(Priority)
_SENTENCES = ("sentence", "sentence_de")


def bed_document(report: BedReport, alerts: Sequence[OutAlert], words: BedWords) -> dict[str, Any]:
    """What is told of a bed; ``alerts`` are those of ``report`` that go to this receiver."""
    waiting = [alert for alert in alerts if alert.presence in (Presence.ON, Presence.LATCHED)]
    return {
        "format": FORMAT,
        "version": VERSION,
        "bed": report.bed,
        "room": words.room,
        "resident": words.resident,
        "at": plain(report.at),
        "level": report.level.value,
        "score": plain(report.score),
        "cannot_assess": plain(report.cannot_assess),
        "online": report.online,
        "pain_alert": _pain(report, alerts),
        "problem": ON if any(alert.kind is Kind.TECHNICAL for alert in alerts) else OFF,
        "priority": max((alert.priority for alert in waiting), key=_RANKS.index, default=Priority.NONE).value,
        "unacknowledged": len(waiting),
        "alerts": [plain(alert) for alert in alerts],
        "audio_paused_until": plain(report.audio_paused_until),
        "privacy_until": plain(report.privacy_until),
    }


def changed(before: dict[str, Any] | None, now: dict[str, Any]) -> bool:
    """Whether ``now`` is worth telling at once: more differs than the time, the score and a sentence."""
    return before is None or _lasting(before) != _lasting(now)


def encoded(document: dict[str, Any]) -> bytes:
    """The payload."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _pain(report: BedReport, alerts: Sequence[OutAlert]) -> str:
    if any(alert.topic is Topic.PAIN for alert in alerts):
        return ON
    return OFF if report.level is Level.NO_PAIN else UNKNOWN


def _lasting(document: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in document.items() if key not in ("at", "score")}
    kept["alerts"] = [
        {key: value for key, value in alert.items() if key not in _SENTENCES} for alert in document["alerts"]
    ]
    for until in ("audio_paused_until", "privacy_until"):
        kept[until] = document[until] and document[until][:16]  # to the minute: clocks drift against each other
    return kept
