"""The first line of a message: whom to look after and what to do. Decision support in plain words, no diagnosis."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.alerts.topics import DISTRESS, Reason, Topic
from monitor.alerts.transition import Transition
from monitor.records import Presence

_SIGNS: Mapping[Topic, str] = {
    Topic.PAIN: "signs of pain",
    **dict.fromkeys(DISTRESS, "signs of distress"),
}
_FAULTS: Mapping[Topic, str] = {
    Topic.CANNOT_ASSESS: "the resident's face cannot be assessed",
    Topic.PICTURE_LOST: "there is no picture",
    Topic.CAMERA_OFFLINE: "the camera does not answer",
    Topic.PICTURE_FROZEN: "the picture stands still",
    Topic.PICTURE_BLACK: "the picture is black",
    Topic.PICTURE_COVERED: "something covers the lens",
    Topic.PICTURE_TORN: "the picture is torn",
    Topic.PICTURE_SIZE: "the picture has another size than set",
    Topic.EXPLAINER_DOWN: "explanations have stopped",
    Topic.SERVICE_TROUBLE: "the monitor itself has trouble",
}
_AGAIN = {
    Reason.RETRIGGERED: " again",
    Reason.STILL_HOLDS: ", still",
    Reason.ESCALATED: ", nobody has acknowledged yet",
    Reason.RESTORED: ", still unattended after a restart of the monitor",
}


def headline(transition: Transition, *, room: str, resident: str) -> str:
    """``Check the resident (bed-1, room 12): signs of pain``; for faults what cannot be watched and where."""
    topic = transition.topic
    where = place(transition.bed, room)
    if topic is None:
        return where
    if topic in _SIGNS:
        return _felt(transition, _SIGNS[topic], resident or "resident", where)
    return _fault(transition, _FAULTS[topic], where)


def place(bed: str, room: str) -> str:
    """``bed-1, room 12``."""
    if not room:
        return bed
    return f"{bed}, {room if room.lower().startswith('room') else f'room {room}'}"


def _felt(transition: Transition, sign: str, resident: str, where: str) -> str:
    match transition.presence:
        case Presence.ON:
            sign += _AGAIN.get(transition.reason, "")
            return f"Check the {resident} ({where}): {sign}{', evidence is weak' if transition.weak else ''}"
        case Presence.LATCHED:
            return f"Check the {resident} ({where}): {sign} a moment ago, no longer seen, not acknowledged"
        case Presence.ACKNOWLEDGED:
            return f"Acknowledged ({where}): {sign}{_by(transition)}"
        case _:
            return f"Over ({where}): {sign}{_by(transition)}"


def _fault(transition: Transition, fault: str, where: str) -> str:
    match transition.presence:
        case Presence.ON | Presence.LATCHED:
            return f"Not watched as usual ({where}): {fault}{_AGAIN.get(transition.reason, '')}"
        case Presence.ACKNOWLEDGED:
            return f"Acknowledged ({where}): {fault}{_by(transition)}"
        case _:
            return f"Over ({where}): {fault}{_by(transition)}"


def _by(transition: Transition) -> str:
    return f", by {transition.by}" if transition.by else ""
