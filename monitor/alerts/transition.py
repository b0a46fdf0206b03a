"""One line of the alert journal: something changed at a bed, when, why, and what people are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.alerts.topics import Reason, Topic, Verdict
from monitor.records import Kind, Presence, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """``number`` rises by one per bed. Without ``alert_id`` it concerns the bed as a whole (pauses, restart).

    ``held_s`` is how long the condition has held, ``out_s`` how long the alert has been out since it was last raised:
    monotonic, so they stand when the clock is set. ``who`` is told, ``by`` did it, ``level`` counts escalations.
    ``seconds`` is the length granted to a pause, of a restart's outage, or of the time watched, of which
    ``assessed_s`` were judged and ``paused_s`` went by in privacy. ``sentence`` is English, ``sentence_de`` German
    ("" in what earlier versions recorded).
    """

    bed: str
    number: int
    at: datetime
    now_s: float
    reason: Reason
    alert_id: str | None = None
    topic: Topic | None = None
    kind: Kind | None = None
    priority: Priority | None = None
    presence: Presence | None = None
    audible: bool | None = None
    weak: bool = False
    level: int = 0
    who: str | None = None
    by: str | None = None
    verdict: Verdict | None = None
    held_s: float | None = None
    out_s: float | None = None
    seconds: float | None = None
    assessed_s: float | None = None
    paused_s: float | None = None
    confidence: float | None = None
    sentence: str = ""
    sentence_de: str = ""
