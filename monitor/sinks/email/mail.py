"""A mail that a nurse understands at a glance: whom to look after is the subject, what was found and when the text."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from monitor.alerts.topics import PHYSIOLOGICAL, Reason
from monitor.records import Presence, Priority
from monitor.sinks.message import AlertMessage
from monitor.sinks.plain_words import marks, printable

TOLD = frozenset(
    {
        Reason.CONDITION_HELD,
        Reason.RETRIGGERED,
        Reason.STILL_HOLDS,
        Reason.EVIDENCE_STRENGTHENED,
        Reason.ESCALATED,
        Reason.RESTORED,
    }
)
"""New alerts, the same ones again, escalations. What ends or is acknowledged is no reason for a mail."""
_RANKS = tuple(Priority)
_LONGEST_SUBJECT = 150


def is_told(message: AlertMessage) -> bool:
    """Whether ``message`` is a reason for a mail."""
    return message.presence is Presence.ON and message.reason in TOLD


def alert_mail(messages: Sequence[AlertMessage], *, sender: str, to: Sequence[str], sent_at: datetime) -> EmailMessage:
    """One mail about ``messages`` (one or more, in order). No content can add a header or leave the text."""
    first = max(messages, key=lambda message: _RANKS.index(message.priority))
    more = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
    flagged = f"[{marked}] " if (marked := marks(first)) else ""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Subject"] = f"{flagged}{printable(first.headline)[:_LONGEST_SUBJECT]}{more}"
    mail["Date"] = format_datetime(sent_at)
    mail["Message-ID"] = f"<{_digest(messages)}@{sender.rsplit('@', 1)[1]}>"
    mail["Auto-Submitted"] = "auto-generated"
    for message in messages:
        mail["X-Vigil-Message-Id"] = printable(message.message_id)
    if first.priority is Priority.HIGH:
        mail["X-Priority"], mail["Importance"] = "1", "high"
    mail.set_content("\n".join([*("\n".join(_paragraph(message)) + "\n" for message in messages), *_closing(first)]))
    return mail


def _paragraph(message: AlertMessage) -> list[str]:
    lines = [printable(message.headline)]
    if marked := marks(message):
        lines.append(f"{marked}: this was so at the time below, look whether it still is.")
    if message.sentence:
        lines.append(f"What was found: {printable(message.sentence)}")
    lines.append(f"Began {_clock(message.onset_at)}, told {_clock(message.at)}, priority {message.priority}.")
    if message.level > 0 and message.who:
        lines.append(f"Nobody has acknowledged it yet; now for: {printable(message.who)}.")
    elif message.who:
        lines.append(f"For: {printable(message.who)}.")
    lines.append(f"Alert {message.alert_id}, ward {message.ward}.")
    return lines


def _closing(first: AlertMessage) -> list[str]:
    if first.topic in PHYSIOLOGICAL:
        return ["A monitor saw this in the resident's face. It is a reason to look, no diagnosis."]
    return ["While this lasts the monitor may not notice what happens at the bed: look after the resident in person."]


def _clock(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def _digest(messages: Sequence[AlertMessage]) -> str:
    return hashlib.sha256("\n".join(message.message_id for message in messages).encode()).hexdigest()[:32]
