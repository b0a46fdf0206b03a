"""One shift at one bed, in the words of a nurse's handover. Pure: transitions in, lines out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from monitor.alerts.topics import Reason, Topic, Verdict
from monitor.alerts.transition import Transition
from monitor.records import Presence
from monitor.report import words

TOPIC: Mapping[Topic, str] = {
    Topic.PAIN: "pain",
    Topic.DISTRESS_FEAR: "distress (fear)",
    Topic.DISTRESS_SADNESS: "distress (sadness)",
    Topic.DISTRESS_ANGER: "distress (anger)",
    Topic.CANNOT_ASSESS: "face could not be assessed",
    Topic.PICTURE_LOST: "no picture",
    Topic.CAMERA_OFFLINE: "camera did not answer",
    Topic.PICTURE_FROZEN: "picture stood still",
    Topic.PICTURE_BLACK: "picture black",
    Topic.PICTURE_COVERED: "lens covered",
    Topic.PICTURE_TORN: "picture torn",
    Topic.PICTURE_SIZE: "picture of the wrong size",
    Topic.EXPLAINER_DOWN: "explanations stopped",
    Topic.SERVICE_TROUBLE: "trouble of the monitor itself",
}
VERDICT: Mapping[Verdict, str] = {
    Verdict.PAIN: "pain",
    Verdict.OTHER_NEED: "another need",
    Verdict.FALSE: "nothing (false alert)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """From ``begin`` until before ``end``; times are said in ``zone``."""

    begin: datetime
    end: datetime
    zone: tzinfo | None = None

    def holds(self, line: Transition) -> bool:
        """Whether ``line`` was written in this shift."""
        return self.begin <= line.at < self.end

    def clock(self, at: datetime) -> str:
        """Time of day; with the date when it is not the shift's first."""
        local, first = at.astimezone(self.zone), self.begin.astimezone(self.zone)
        return local.strftime("%H:%M" if local.date() == first.date() else "%d %b %H:%M")


def shift_summary(transitions: Sequence[Transition], shift: Shift) -> str:
    """A paragraph a bed, beds by name; one line when nothing was written in the shift."""
    known = [line for line in transitions if line.at < shift.end]
    beds = sorted({line.bed for line in known if shift.holds(line)})
    head = f"{shift.clock(shift.begin)} to {shift.clock(shift.end)}"
    if not beds:
        return f"{head}: nothing was written in this time"
    parts = ["\n".join(_bed(bed, [line for line in known if line.bed == bed], shift)) for bed in beds]
    return "\n\n".join([f"Shift {head}", *parts])


def _bed(bed: str, lines: Sequence[Transition], shift: Shift) -> list[str]:
    within = [line for line in lines if shift.holds(line)]
    alerts = [alert for alert in _alerts(lines) if any(shift.holds(line) for line in alert)]
    said = [f"{bed}: {_counted(alerts)}"]
    said += [f"  {_alert(alert, shift)}" for alert in alerts]
    said += [f"  {text}" for text in (_watched(within), _pauses(within), *_restarts(within, shift)) if text]
    return said


def _alerts(lines: Iterable[Transition]) -> list[list[Transition]]:
    """The lines of each alert, in the order in which the alerts began."""
    alerts: list[list[Transition]] = []
    latest: dict[str, list[Transition]] = {}
    for line in lines:
        if line.alert_id is None or line.topic is None:
            continue
        if line.reason is Reason.CONDITION_HELD or line.alert_id not in latest:
            latest[line.alert_id] = []
            alerts.append(latest[line.alert_id])
        latest[line.alert_id].append(line)
    return alerts


def _counted(alerts: Sequence[Sequence[Transition]]) -> str:
    if not alerts:
        return "no alerts"
    names = [TOPIC[topic] for lines in alerts if (topic := lines[0].topic) is not None]
    listed = [f"{names.count(name)} × {name}" for name in dict.fromkeys(names)]
    return f"{len(alerts)} alert{'s' * (len(alerts) > 1)}: {', '.join(listed)}"


def _alert(lines: Sequence[Transition], shift: Shift) -> str:
    first, last = lines[0], lines[-1]
    topic = Topic.PAIN if first.topic is None else first.topic
    name = TOPIC[topic] + (" (weak evidence)" if all(line.weak for line in lines) else "")
    begun = shift.clock(first.at) if shift.holds(first) else f"{shift.clock(first.at)} (before this shift)"
    returns = sum(line.reason in (Reason.RETRIGGERED, Reason.STILL_HOLDS) for line in lines)
    told = [line.who for line in lines if line.reason is Reason.ESCALATED and line.who]
    parts = [
        _end(first, last),
        f"came back {_times(returns)}" if returns else "",
        f"passed on to {' and '.join(dict.fromkeys(told))}" if told else "",
        _heeded(lines),
    ]
    sentence = f" – {first.sentence}" if first.sentence else ""
    return f"{begun} {name}: {'; '.join(part for part in parts if part)}{sentence}"


def _end(first: Transition, last: Transition) -> str:
    if last.presence is Presence.OFF:
        return f"over after {words.duration((last.at - first.at).total_seconds())}"
    if last.presence is Presence.ACKNOWLEDGED:
        return "STILL GOING ON at the end, acknowledged"
    return "STILL OPEN at the end"


def _heeded(lines: Sequence[Transition]) -> str:
    taken = [line for line in lines if line.reason is Reason.ACKNOWLEDGED]
    verdicts = [line.verdict for line in lines if line.verdict is not None and line.by is not None]
    found = f", found: {VERDICT[verdicts[-1]]}" if verdicts else ", no verdict given"
    if not taken:
        return "nobody acknowledged it" + (found if verdicts else "")
    first = taken[0]
    return f"acknowledged by {first.by} after {words.duration(first.out_s or 0.0)}{found}"


def _watched(lines: Sequence[Transition]) -> str:
    noted = [line for line in lines if line.reason is Reason.WATCHED]
    if not noted:
        return ""
    watched_s = sum(line.seconds or 0.0 for line in noted)
    judged_s = sum(line.assessed_s or 0.0 for line in noted)
    return f"watched for {words.duration(watched_s)}, the face could be judged for {words.duration(judged_s)}"


def _pauses(lines: Sequence[Transition]) -> str:
    care = sum(line.reason is Reason.PRIVACY_STARTED for line in lines)
    sound = sum(line.reason is Reason.AUDIO_PAUSED and line.alert_id is None for line in lines)
    parts = [f"privacy during care {_times(care)}"] * bool(care) + [f"sound paused {_times(sound)}"] * bool(sound)
    return ", ".join(parts)


def _restarts(lines: Sequence[Transition], shift: Shift) -> list[str]:
    return [
        f"{shift.clock(line.at)} the monitor came back after {words.duration(line.seconds or 0.0)} without watching"
        for line in lines
        if line.reason is Reason.RESTARTED
    ]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
