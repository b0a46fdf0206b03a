"""Plain words for enumerated values, as people at a bedside read them."""

from __future__ import annotations

from collections.abc import Mapping

from models.action_units import NAMES, ActionUnit
from monitor.records import (
    AlertCode,
    CannotAssess,
    Level,
    Presence,
    Priority,
    QualityReason,
    SampleReason,
    SignalReason,
)

LEVEL: Mapping[str, str] = {
    Level.PAIN: "pain",
    Level.NO_PAIN: "no pain",
    Level.UNASSESSABLE: "cannot assess",
}
CODE: Mapping[str, str] = {
    AlertCode.PAIN: "Pain",
    AlertCode.PAIN_WEAK_EVIDENCE: "Check the resident: weak evidence of pain",
    AlertCode.DISTRESS_FEAR: "Distress: fear",
    AlertCode.DISTRESS_SADNESS: "Distress: sadness",
    AlertCode.DISTRESS_ANGER: "Distress: anger",
    AlertCode.CANNOT_ASSESS: "Cannot assess the resident",
    AlertCode.PICTURE_LOST: "Picture lost",
    AlertCode.EXPLAINER_DOWN: "Explanations have stopped",
}
CANNOT: Mapping[str, str] = {
    CannotAssess.NO_FACE: "no face in the picture",
    CannotAssess.NOT_THE_RESIDENT: "the face seen is not the resident's",
    CannotAssess.NO_PICTURE: "no picture",
    CannotAssess.POOR_QUALITY: "picture too poor",
    CannotAssess.COVERED: "face covered",
    CannotAssess.TURNED_AWAY: "face turned away",
    CannotAssess.TOO_LITTLE_SEEN: "seen for too short a time",
}
QUALITY: Mapping[str, str] = {
    QualityReason.TOO_SMALL: "face too small",
    QualityReason.BLURRED: "blurred",
    QualityReason.DARK: "too dark",
    QualityReason.TURNED_AWAY: "turned away",
    QualityReason.CUT_OFF: "cut by the picture's edge",
    QualityReason.UPSIDE_DOWN: "upside down",
    QualityReason.COVERED: "covered",
}
PRIORITY: Mapping[str, str] = {
    Priority.HIGH: "high priority",
    Priority.MEDIUM: "medium priority",
    Priority.LOW: "low priority",
    Priority.NONE: "for information",
}
SAMPLE: Mapping[str, str] = {
    SampleReason.PERIOD: "regular sample",
    SampleReason.LEVEL_CHANGED: "the judgement had just changed",
    SampleReason.UNCERTAIN: "the network was unsure",
    SampleReason.REQUESTED: "requested",
}
PRESENCE: Mapping[str, str] = {
    Presence.ON: "on",
    Presence.LATCHED: "stays on until seen",
    Presence.ACKNOWLEDGED: "acknowledged",
    Presence.OFF: "off",
}
SIGNAL: Mapping[str, str] = {
    SignalReason.CONDITION_HELD: "it lasted",
    SignalReason.CONDITION_ENDED: "it ended",
    SignalReason.NO_LONGER_OBSERVED: "the face could no longer be seen",
    SignalReason.EVIDENCE_STRENGTHENED: "evidence became stronger",
    SignalReason.EVIDENCE_WEAKENED: "evidence became weaker",
    SignalReason.RETRIGGERED: "it came back",
    SignalReason.ACKNOWLEDGED: "someone acknowledged it",
    SignalReason.LATCH_EXPIRED: "nobody acknowledged it in time",
    SignalReason.RECORDING_ENDED: "the recording ended",
}


def target(name: str) -> str:
    """An explained target in words: ``AU04`` → ``brow lowered (AU04)``, ``emotion:fear`` → ``fear``."""
    if name.startswith("emotion:"):
        return name.removeprefix("emotion:")
    return f"{NAMES[ActionUnit(name)]} ({name})" if name in ActionUnit.__members__ else name


def clock(at_s: float) -> str:
    """Seconds from the start as ``m:ss`` or ``h:mm:ss``."""
    whole = round(max(at_s, 0.0))
    hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def duration(length_s: float) -> str:
    """A length of time: ``12 s``, ``2 min 5 s``, ``1 h 2 min``."""
    whole = round(max(length_s, 0.0))
    if whole < 100:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def percent(share: float | None) -> str:
    """A share as whole per cent; an en dash when unknown."""
    return "–" if share is None else f"{share * 100:.0f}%"
