"""One shift at one bed, in the words of a nurse's handover. Pure: transitions in, lines out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from monitor.alerts.shift_words import ENGLISH, ShiftLanguage
from monitor.alerts.topics import Reason, Topic
from monitor.alerts.transition import Transition
from monitor.records import Presence
from monitor.report import words


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """From ``begin`` until before ``end``; times are said in ``zone``, all else in ``language``."""

    begin: datetime
    end: datetime
    zone: tzinfo | None = None
    language: ShiftLanguage = ENGLISH

    def holds(self, line: Transition) -> bool:
        """Whether ``line`` was written in this shift."""
        return self.begin <= line.at < self.end

    def clock(self, at: datetime) -> str:
        """Time of day; with the date when it is not the shift's first."""
        local, first = at.astimezone(self.zone), self.begin.astimezone(self.zone)
        if local.date() == first.date():
            return local.strftime("%H:%M")
        return local.strftime(self.language.date).format(month=self.language.months[local.month - 1])


def shift_summary(transitions: Sequence[Transition], shift: Shift) -> str:
    """A paragraph a bed, beds by name; one line when nothing was written in the shift."""
    known = [line for line in transitions if line.at < shift.end]
    beds = sorted({line.bed for line in known if shift.holds(line)})
    span = shift.language.span.format(begin=shift.clock(shift.begin), end=shift.clock(shift.end))
    if not beds:
        return shift.language.nothing.format(span=span)
    parts = [shift.language.head.format(span=span)]
    for bed in beds:
        head, *rest = bed_shift([line for line in known if line.bed == bed], shift)
        parts.append("\n".join([f"{bed}: {head}", *(f"  {text}" for text in rest)]))
    return "\n\n".join(parts)


def bed_shift(lines: Sequence[Transition], shift: Shift) -> list[str]:
    """One bed's shift: how many alerts, each of them, and what else happened; ``lines`` are all of that bed."""
    within = [line for line in lines if shift.holds(line)]
    alerts = [alert for alert in _alerts(lines) if any(shift.holds(line) for line in alert)]
    told = [_counted(alerts, shift.language), *(_alert(alert, shift) for alert in alerts)]
    beside = (_watched(within, shift.language), _pauses(within, shift.language), *_restarts(within, shift))
    return [*told, *(text for text in beside if text)]


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


def _counted(alerts: Sequence[Sequence[Transition]], language: ShiftLanguage) -> str:
    if not alerts:
        return language.no_alerts
    names = [language.topics[topic] for lines in alerts if (topic := lines[0].topic) is not None]
    listed = ", ".join(f"{names.count(name)} × {name}" for name in dict.fromkeys(names))
    template = language.one_alert if len(alerts) == 1 else language.many_alerts
    return template.format(count=len(alerts), listed=listed)


def _alert(lines: Sequence[Transition], shift: Shift) -> str:
    first, last, language = lines[0], lines[-1], shift.language
    topic = Topic.PAIN if first.topic is None else first.topic
    name = language.topics[topic] + (language.weak if all(line.weak for line in lines) else "")
    begun = shift.clock(first.at)
    returns = sum(line.reason in (Reason.RETRIGGERED, Reason.STILL_HOLDS) for line in lines)
    told = [line.who for line in lines if line.reason is Reason.ESCALATED and line.who]
    parts = [
        _end(first, last, language),
        language.returned.format(times=language.counted(returns)) if returns else "",
        language.passed_on.format(who=language.last_and.join(dict.fromkeys(told))) if told else "",
        _heeded(lines, language),
    ]
    sentence = (first.sentence_de if language.code == "de" else "") or first.sentence
    said = f"{begun if shift.holds(first) else language.before.format(begun=begun)} {name}: "
    return said + "; ".join(part for part in parts if part) + (f" – {sentence}" if sentence else "")


def _end(first: Transition, last: Transition, language: ShiftLanguage) -> str:
    if last.presence is Presence.OFF:
        return language.over.format(length=words.duration((last.at - first.at).total_seconds()))
    return language.going_on if last.presence is Presence.ACKNOWLEDGED else language.still_open


def _heeded(lines: Sequence[Transition], language: ShiftLanguage) -> str:
    taken = [line for line in lines if line.reason is Reason.ACKNOWLEDGED]
    verdicts = [line.verdict for line in lines if line.verdict is not None and line.by is not None]
    found = language.found.format(verdict=language.verdicts[verdicts[-1]]) if verdicts else language.no_verdict
    if not taken:
        return language.not_acknowledged + (found if verdicts else "")
    first = taken[0]
    return language.acknowledged.format(by=first.by, length=words.duration(first.out_s or 0.0)) + found


def _watched(lines: Sequence[Transition], language: ShiftLanguage) -> str:
    noted = [line for line in lines if line.reason is Reason.WATCHED]
    if not noted:
        return ""
    watched_s = sum(line.seconds or 0.0 for line in noted)
    judged_s = sum(line.assessed_s or 0.0 for line in noted)
    return language.watched.format(watched=words.duration(watched_s), judged=words.duration(judged_s))


def _pauses(lines: Sequence[Transition], language: ShiftLanguage) -> str:
    care = sum(line.reason is Reason.PRIVACY_STARTED for line in lines)
    sound = sum(line.reason is Reason.AUDIO_PAUSED and line.alert_id is None for line in lines)
    counted = ((language.care, care), (language.sound, sound))
    return ", ".join(text.format(times=language.counted(count)) for text, count in counted if count)


def _restarts(lines: Sequence[Transition], shift: Shift) -> list[str]:
    return [
        shift.language.came_back.format(at=shift.clock(line.at), length=words.duration(line.seconds or 0.0))
        for line in lines
        if line.reason is Reason.RESTARTED
    ]
