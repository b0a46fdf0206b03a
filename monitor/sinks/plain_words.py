"""A message as plain lines for people: on a console, in a mail."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.alerts.topics import Verdict
from monitor.records import Presence
from monitor.sinks.message import AlertMessage

VERDICTS: Mapping[Verdict, str] = {
    Verdict.PAIN: "pain found",
    Verdict.OTHER_NEED: "another need found",
    Verdict.FALSE: "a false alert",
}


def marks(message: AlertMessage) -> str:
    """What must not be overlooked: ``TEST``, ``LATE``; empty when there is nothing."""
    said = [word for word, is_so in (("TEST, no real alert", message.test), ("LATE", message.late)) if is_so]
    return ", ".join(said)


def one_line(message: AlertMessage) -> str:
    """``Check the resident (bed-1, room 12): signs of pain. pain, 12 s, … [for nurse]``, without control signs."""
    parts = [message.headline]
    if message.presence in (Presence.ON, Presence.LATCHED) and message.sentence:
        parts.append(message.sentence)
    said = "; ".join(parts)
    if message.verdict is not None:
        said += f"; {VERDICTS[message.verdict]}"
    if message.presence is Presence.ON and message.who:
        said += f" [for {message.who}]"
    if marked := marks(message):
        said += f" [{marked}: {message.at.astimezone():%Y-%m-%d %H:%M:%S}]"
    return printable(said)


def printable(text: str) -> str:
    """``text`` with every control sign as a blank: one line, nothing that moves a cursor or adds a header."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
