"""What time alone does to a bed's alerts: pauses run out, sights grow stale, unheeded alerts escalate."""

from __future__ import annotations

from monitor.alerts.latch import Fact
from monitor.alerts.raising import forget
from monitor.alerts.topics import ABOUT_THE_PROGRAM, Reason, Topic, priority
from monitor.alerts.workbench import Workbench
from monitor.records import Presence, Priority

_RANK = (Priority.NONE, Priority.LOW, Priority.MEDIUM, Priority.HIGH)


def pass_time(bench: Workbench, now_s: float) -> None:
    """Carry the bed on to ``now_s``; a pause that ended on the way ends at its own time, before what came after."""
    _cut_pauses(bench)
    ends = (bench.state.audio_until_s, bench.state.privacy_until_s)
    for end_s in sorted({end for end in ends if end is not None and end <= now_s}):
        _carry(bench, end_s)
        _expire(bench)
    _carry(bench, now_s)
    _cool_down(bench)
    _note_watch(bench)


def _cut_pauses(bench: Workbench) -> None:
    """No pause outlasts the longest allowed, whatever an earlier file or setting says."""
    state, settings = bench.state, bench.settings
    if state.audio_until_s is not None:
        bench.put_bed(audio_until_s=min(state.audio_until_s, state.now_s + settings.audio_pause_most_s))
    if state.privacy_until_s is not None:
        bench.put_bed(privacy_until_s=min(state.privacy_until_s, state.now_s + settings.privacy_pause_most_s))


def _carry(bench: Workbench, now_s: float) -> None:
    passed_s = max(0.0, now_s - bench.state.now_s)
    _watch(bench, passed_s)
    bench.put_bed(now_s=max(now_s, bench.state.now_s))
    cared_for = bench.state.privacy_until_s is not None
    for topic in Topic:
        entry = bench.entry(topic)
        if entry.fact is Fact.UNKNOWN and entry.latch.onset_s is None and entry.latch.presence is Presence.OFF:
            continue
        hidden = cared_for and topic not in ABOUT_THE_PROGRAM
        if hidden or bench.state.now_s - entry.seen_s > bench.settings.stale_s:
            forget(bench, topic)
        if not hidden:
            _wait(bench, topic, passed_s)


def _wait(bench: Workbench, topic: Topic, passed_s: float) -> None:
    """Escalate what nobody has acknowledged. During care someone is at the bed, so the count stands still."""
    entry = bench.entry(topic)
    if entry.latch.presence not in (Presence.ON, Presence.LATCHED):
        return
    bench.put(topic, waiting_s=entry.waiting_s + passed_s)
    low = _RANK.index(bench.settings.escalate_from)
    for level, due in enumerate(bench.settings.escalation[entry.level :], start=entry.level + 1):
        if bench.entry(topic).waiting_s < due.after_s or _RANK.index(priority(topic, weak=entry.weak)) < low:
            break
        bench.put(topic, level=level)
        bench.tell(topic, Reason.ESCALATED)


def _expire(bench: Workbench) -> None:
    state = bench.state
    if state.audio_until_s is not None and state.audio_until_s <= state.now_s:
        heard = bench.heard()
        bench.put_bed(audio_until_s=None)
        bench.tell_bed(Reason.AUDIO_PAUSE_EXPIRED)
        bench.tell_heard(heard, Reason.AUDIO_PAUSE_EXPIRED)
    if state.privacy_until_s is not None and state.privacy_until_s <= state.now_s:
        heard = bench.heard()
        bench.put_bed(privacy_until_s=None)
        bench.tell_bed(Reason.PRIVACY_EXPIRED)
        bench.tell_heard(heard, Reason.PRIVACY_EXPIRED)


def _cool_down(bench: Workbench) -> None:
    for topic in Topic:
        entry = bench.entry(topic)
        if entry.hushed and bench.state.now_s - (entry.ended_s or 0.0) >= bench.settings.cooldown_s:
            heard = bench.heard()
            bench.put(topic, hushed=False)
            bench.tell_heard(heard, Reason.COOLDOWN_ENDED)


def _watch(bench: Workbench, passed_s: float) -> None:
    """Time counts as watched only when events came about every second or two."""
    state = bench.state
    if passed_s > bench.settings.stale_s:
        return
    assessed = state.topics[Topic.PAIN].fact is not Fact.UNKNOWN
    bench.put_bed(
        watched_s=state.watched_s + passed_s,
        assessed_s=state.assessed_s + (passed_s if assessed else 0.0),
        paused_s=state.paused_s + (passed_s if state.privacy_until_s is not None else 0.0),
    )


def _note_watch(bench: Workbench) -> None:
    if bench.state.watched_s >= bench.settings.watch_every_s:
        note_watch(bench)


def note_watch(bench: Workbench) -> None:
    """Journal how long the bed was watched since the last such line, and count anew."""
    state = bench.state
    bench.tell_bed(Reason.WATCHED, seconds=state.watched_s, assessed_s=state.assessed_s, paused_s=state.paused_s)
    bench.put_bed(watched_s=0.0, assessed_s=0.0, paused_s=0.0, watch_from_at=bench.now.at)
