"""What may be asked of a bed from elsewhere: acknowledge, pause the sound, pause for privacy. Nothing else passes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.alerts.events import Acknowledge, BeginPrivacy, EndPrivacy, Event, PauseAudio, ResumeAudio
from monitor.alerts.topics import Verdict
from monitor.errors import VigilError
from monitor.records import Kind, Presence
from monitor.sinks.bed_report import OutAlert
from monitor.sinks.plain_words import printable

LARGEST_BYTES = 4096
LONGEST_PAUSE_S = 86_400.0
LONGEST_NAME = 40
_KEYS: Mapping[str, frozenset[str]] = {
    "acknowledge": frozenset({"alert_id", "verdict"}),
    "pause_audio": frozenset({"for_s"}),
    "resume_audio": frozenset(),
    "begin_privacy": frozenset({"for_s"}),
    "end_privacy": frozenset(),
}


class InvalidCommand(VigilError):
    """A command that is not one; the message says what it wants and repeats none of it."""


def parse_command(payload: bytes, out: Sequence[OutAlert]) -> tuple[Event, ...]:
    """The events that ``payload`` asks for; ``out`` are the bed's alerts, for an acknowledgement of all of them.

    A verdict on all concerns what was seen of the resident; technical alerts are acknowledged without it.
    """
    asked = _document(payload)
    command, by = _command(asked), _by(asked.get("by"))
    match command:
        case "acknowledge":
            return _acknowledge(asked, by, out)
        case "pause_audio":
            return (PauseAudio(for_s=_for_s(asked.get("for_s")), by=by),)
        case "resume_audio":
            return (ResumeAudio(by=by),)
        case "begin_privacy":
            return (BeginPrivacy(for_s=_for_s(asked.get("for_s")), by=by),)
        case _:
            return (EndPrivacy(by=by),)


def _document(payload: bytes) -> dict[str, Any]:
    if len(payload) > LARGEST_BYTES:
        raise InvalidCommand(f"is larger than {LARGEST_BYTES} bytes")
    try:
        asked = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError):
        raise InvalidCommand("is no JSON") from None
    if not isinstance(asked, dict):
        raise InvalidCommand("is no JSON object")
    return asked


def _command(asked: Mapping[str, Any]) -> str:
    command = asked.get("command")
    if not isinstance(command, str) or command not in _KEYS:
        raise InvalidCommand(f"command: wants one of {', '.join(_KEYS)}")
    if not asked.keys() <= {"command", "by"} | _KEYS[command]:
        allowed = ", ".join(["command", "by", *sorted(_KEYS[command])])
        raise InvalidCommand(f"{command} takes {allowed} and nothing else")
    return command


def _acknowledge(asked: Mapping[str, Any], by: str, out: Sequence[OutAlert]) -> tuple[Event, ...]:
    verdict = _verdict(asked.get("verdict"))
    named = asked.get("alert_id")
    if named is not None:
        if not isinstance(named, str) or not 0 < len(named) <= 128:
            raise InvalidCommand("alert_id: wants the alert_id of an alert")
        return (Acknowledge(alert_id=named, by=by, verdict=verdict),)
    waiting = [alert for alert in out if alert.presence in (Presence.ON, Presence.LATCHED)]
    return tuple(
        Acknowledge(alert_id=alert.alert_id, by=by, verdict=verdict if alert.kind is Kind.PHYSIOLOGICAL else None)
        for alert in waiting
    )


def _verdict(given: Any) -> Verdict | None:
    if given is None:
        return None
    try:
        return Verdict(given)
    except (ValueError, TypeError):
        raise InvalidCommand(f"verdict: wants one of {', '.join(Verdict)}") from None


def _for_s(given: Any) -> float:
    if isinstance(given, int | float) and not isinstance(given, bool) and 0 < given <= LONGEST_PAUSE_S:
        return float(given)
    raise InvalidCommand(f"for_s: wants seconds above 0 and up to {LONGEST_PAUSE_S:.0f}")


def _by(given: Any) -> str:
    if given is None:
        return "MQTT"
    if not isinstance(given, str):
        raise InvalidCommand("by: wants a name")
    return printable(given)[:LONGEST_NAME].strip() or "MQTT"
