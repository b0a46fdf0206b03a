"""A transition that knows every value, and the year that the tests' records lie in."""

from __future__ import annotations

from datetime import UTC, datetime

from monitor.alerts.topics import Reason, Topic, Verdict
from monitor.alerts.transition import Transition
from monitor.records import Kind, Presence, Priority

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
FULL = Transition(
    bed="bed-1",
    number=7,
    at=datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC),
    now_s=123.456789012,
    reason=Reason.VERDICT_GIVEN,
    alert_id="bed-1:12345678901",
    topic=Topic.PAIN,
    kind=Kind.PHYSIOLOGICAL,
    priority=Priority.MEDIUM,
    presence=Presence.LATCHED,
    audible=False,
    weak=True,
    level=2,
    who="shift lead",
    by="Åsa “the nurse” O'Hara; DROP TABLE transitions; --",
    verdict=Verdict.OTHER_NEED,
    held_s=1.25,
    out_s=2.5,
    seconds=3.75,
    assessed_s=0.1,
    paused_s=0.2,
    confidence=0.82,
    sentence="pain, 12 s: brow lowered (AU4) — 71 %",
    sentence_de="Schmerz, 12 s: Brauen gesenkt (AU4) — 71 %",
)
