"""What a latch's change means for people: a new alert, the same one again, or its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from monitor.alerts import latch
from monitor.alerts.events import Seen
from monitor.alerts.latch import Fact
from monitor.alerts.topics import Reason, Topic
from monitor.alerts.workbench import Workbench
from monitor.records import Presence, SignalReason

_ENDINGS: Mapping[SignalReason, Reason] = {
    SignalReason.CONDITION_ENDED: Reason.CONDITION_ENDED,
    SignalReason.NO_LONGER_OBSERVED: Reason.NO_LONGER_OBSERVED,
    SignalReason.LATCH_EXPIRED: Reason.LATCH_EXPIRED,
    SignalReason.ACKNOWLEDGED: Reason.ACKNOWLEDGED,
}


def take_in(bench: Workbench, topic: Topic, seen: Seen) -> None:
    """Hand what was found to the latch of ``topic`` and tell what follows."""
    entry, now_s = bench.entry(topic), bench.state.now_s
    before = entry.latch.presence
    state, changes = latch.step(entry.latch, seen.fact, now_s, bench.settings.rules(topic))
    bench.put(topic, latch=state, fact=seen.fact, seen_s=now_s)
    raised = any(change.reason is SignalReason.CONDITION_HELD for change in changes)
    if raised:
        _raise(bench, topic, seen, was_latched=before is Presence.LATCHED)
    elif changes:
        _end(bench, topic, _ENDINGS[changes[-1].reason])
    elif seen.fact is Fact.TRUE:
        _go_on(bench, topic, seen)


def forget(bench: Workbench, topic: Topic) -> None:
    """``topic`` cannot be seen now (stale, or care at the bed)."""
    entry = bench.entry(topic)
    state, changes = latch.step(entry.latch, Fact.UNKNOWN, bench.state.now_s, bench.settings.rules(topic))
    bench.put(topic, latch=state, fact=Fact.UNKNOWN)
    if changes:
        _end(bench, topic, _ENDINGS[changes[-1].reason])


def _raise(bench: Workbench, topic: Topic, seen: Seen, *, was_latched: bool) -> None:
    """An alert goes on. One that nobody heeded, or that went off a moment ago, is the same alert again."""
    entry, now_s = bench.entry(topic), bench.state.now_s
    cooling = entry.ended_s is not None and now_s - entry.ended_s < bench.settings.cooldown_s
    reason = Reason.RETRIGGERED if was_latched or cooling else Reason.CONDITION_HELD
    number = entry.number
    if reason is Reason.CONDITION_HELD:
        number = bench.state.alerts + 1
        bench.put_bed(alerts=number)
    bench.put(
        topic,
        number=number,
        raised_s=entry.raised_s if was_latched else now_s,
        waiting_s=entry.waiting_s if was_latched else 0.0,
        level=entry.level if was_latched else 0,
        hushed=cooling and not was_latched and topic is not Topic.PAIN,
        weak=seen.weak,
        acked_s=None,
        verdict=None,
        confidence=seen.confidence,
        sentence=seen.sentence,
        sentence_de=seen.sentence_de,
    )
    bench.tell(topic, reason)


def _go_on(bench: Workbench, topic: Topic, seen: Seen) -> None:
    """The condition of an alert that is out still holds: better evidence counts, worse does not, time does."""
    entry, now_s = bench.entry(topic), bench.state.now_s
    if entry.latch.presence not in (Presence.ON, Presence.ACKNOWLEDGED):
        return
    if entry.weak and not seen.weak:
        bench.put(topic, weak=False, confidence=seen.confidence, sentence=seen.sentence, sentence_de=seen.sentence_de)
        bench.tell(topic, Reason.EVIDENCE_STRENGTHENED)
    if entry.acked_s is not None and now_s - entry.acked_s >= bench.settings.reraise_s:
        bench.put(
            topic,
            latch=replace(entry.latch, presence=Presence.ON),
            raised_s=now_s,
            waiting_s=0.0,
            level=0,
            acked_s=None,
            verdict=None,
            confidence=seen.confidence,
            sentence=seen.sentence,
            sentence_de=seen.sentence_de,
        )
        bench.tell(topic, Reason.STILL_HOLDS)


def _end(bench: Workbench, topic: Topic, reason: Reason) -> None:
    if bench.entry(topic).latch.presence is Presence.OFF:
        bench.put(topic, ended_s=bench.state.now_s, acked_s=None, hushed=False)
    bench.tell(topic, reason)
