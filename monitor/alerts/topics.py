"""What a live alert can be about, why it changes, and what a nurse can say of it: every word of the lifecycle."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from monitor.records import Kind, Priority


class Topic(StrEnum):
    """One latch each, per bed. Those that a replay knows too carry the value of its ``AlertCode``."""

    PAIN = "pain"
    DISTRESS_FEAR = "distress_fear"
    DISTRESS_SADNESS = "distress_sadness"
    DISTRESS_ANGER = "distress_anger"
    CANNOT_ASSESS = "cannot_assess"
    PICTURE_LOST = "picture_lost"
    CAMERA_OFFLINE = "camera_offline"
    PICTURE_FROZEN = "picture_frozen"
    PICTURE_BLACK = "picture_black"
    PICTURE_COVERED = "picture_covered"
    PICTURE_TORN = "picture_torn"
    PICTURE_SIZE = "picture_size"
    EXPLAINER_DOWN = "explainer_down"
    SERVICE_TROUBLE = "service_trouble"


DISTRESS = (Topic.DISTRESS_FEAR, Topic.DISTRESS_SADNESS, Topic.DISTRESS_ANGER)
PHYSIOLOGICAL = frozenset({Topic.PAIN, *DISTRESS})
CAMERA = frozenset(
    {
        Topic.CAMERA_OFFLINE,
        Topic.PICTURE_FROZEN,
        Topic.PICTURE_BLACK,
        Topic.PICTURE_COVERED,
        Topic.PICTURE_TORN,
        Topic.PICTURE_SIZE,
    }
)
"""Faults of the camera or its picture. While one holds it explains why nothing can be assessed."""
EXPLAINED_BY_CAMERA = frozenset({Topic.CANNOT_ASSESS, Topic.PICTURE_LOST})
"""Not told a second time while a topic of ``CAMERA`` holds."""
ABOUT_THE_PROGRAM = frozenset({Topic.EXPLAINER_DOWN, Topic.SERVICE_TROUBLE})
"""Not about the bed's picture, so a privacy pause does not touch them."""

_PRIORITIES: Mapping[Topic, Priority] = {
    Topic.PAIN: Priority.HIGH,
    **dict.fromkeys((*DISTRESS, Topic.EXPLAINER_DOWN), Priority.LOW),
}

TECHNICAL_SENTENCES: Mapping[Topic, str] = {
    Topic.CAMERA_OFFLINE: "the camera does not answer: check its power and cable",
    Topic.PICTURE_FROZEN: "the picture stands still: check the camera",
    Topic.PICTURE_BLACK: "the picture is black: check light and lens",
    Topic.PICTURE_COVERED: "something covers the lens: clear it",
    Topic.PICTURE_TORN: "the picture is torn: check cable and network",
    Topic.PICTURE_SIZE: "the picture has another size than set: check the camera's settings",
    Topic.EXPLAINER_DOWN: "explanations have stopped; pain is judged and alerted as before",
    Topic.SERVICE_TROUBLE: "the monitor itself has trouble: look after the resident in person",
}

TECHNICAL_SENTENCES_DE: Mapping[Topic, str] = {
    Topic.CAMERA_OFFLINE: "die Kamera antwortet nicht: bitte Strom und Kabel prüfen",
    Topic.PICTURE_FROZEN: "das Bild steht still: bitte die Kamera prüfen",
    Topic.PICTURE_BLACK: "das Bild ist schwarz: bitte Licht und Linse prüfen",
    Topic.PICTURE_COVERED: "etwas verdeckt die Linse: bitte freimachen",
    Topic.PICTURE_TORN: "das Bild ist zerrissen: bitte Kabel und Netz prüfen",
    Topic.PICTURE_SIZE: "das Bild hat eine andere Größe als eingestellt: bitte die Einstellungen der Kamera prüfen",
    Topic.EXPLAINER_DOWN: "die Erklärungen sind ausgefallen; Schmerz wird beurteilt und gemeldet wie zuvor",
    Topic.SERVICE_TROUBLE: "der Monitor selbst ist gestört: bitte persönlich nachsehen",
}


class Verdict(StrEnum):
    """What the nurse found at the bed."""

    PAIN = "pain"
    OTHER_NEED = "other_need"
    FALSE = "false"


class Reason(StrEnum):
    """Why something changed. Every transition has one."""

    CONDITION_HELD = "condition_held"
    RETRIGGERED = "retriggered"
    """It came back while latched or within the cooldown: the same alert again, unacknowledged."""
    STILL_HOLDS = "still_holds"
    """Acknowledged long ago and still there."""
    CONDITION_ENDED = "condition_ended"
    NO_LONGER_OBSERVED = "no_longer_observed"
    EVIDENCE_STRENGTHENED = "evidence_strengthened"
    LATCH_EXPIRED = "latch_expired"
    ACKNOWLEDGED = "acknowledged"
    VERDICT_GIVEN = "verdict_given"
    """A verdict after the acknowledgement, or for an alert that is already off."""
    ESCALATED = "escalated"
    AUDIO_PAUSED = "audio_paused"
    AUDIO_RESUMED = "audio_resumed"
    AUDIO_PAUSE_EXPIRED = "audio_pause_expired"
    PRIVACY_STARTED = "privacy_started"
    PRIVACY_ENDED = "privacy_ended"
    PRIVACY_EXPIRED = "privacy_expired"
    COOLDOWN_ENDED = "cooldown_ended"
    """A returned alert may be heard again."""
    RESTARTED = "restarted"
    """The program came back; ``seconds`` says after how long."""
    RESTORED = "restored"
    """This alert was out before the restart and still is."""
    WATCHED = "watched"
    """How long the bed was watched since the last such line."""


def kind(topic: Topic) -> Kind:
    """Physiological or technical."""
    return Kind.PHYSIOLOGICAL if topic in PHYSIOLOGICAL else Kind.TECHNICAL


def priority(topic: Topic, *, weak: bool = False) -> Priority:
    """The priority of ``topic``; weak evidence lowers pain to medium, never further."""
    if topic is Topic.PAIN and weak:
        return Priority.MEDIUM
    return _PRIORITIES.get(topic, Priority.MEDIUM)
