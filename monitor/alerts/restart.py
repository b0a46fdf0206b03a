"""A bed's alerts after a restart: what expired meanwhile, what is still out and must be told again."""

from __future__ import annotations

from dataclasses import replace

from monitor.alerts.bed_state import BedState, TopicState
from monitor.alerts.events import Moment
from monitor.alerts.latch import LatchState
from monitor.alerts.lifecycle_settings import LifecycleSettings
from monitor.alerts.passing import pass_time
from monitor.alerts.topics import Reason, Topic
from monitor.alerts.transition import Transition
from monitor.alerts.workbench import Workbench
from monitor.records import Presence


def outage_s(state: BedState, now: Moment) -> float:
    """How long nobody watched: monotonic where the machine ran on, else by the clock on the wall, never negative."""
    if _same_clock(state, now):
        return now.s - state.now_s
    return max(0.0, (now.at - state.now_at).total_seconds())


def restore(state: BedState, now: Moment, settings: LifecycleSettings) -> tuple[BedState, tuple[Transition, ...]]:
    """Carry ``state`` over to this run of the program and tell what is still out.

    Pauses and escalations go by the time that passed. Of the resident nothing was seen meanwhile: up to
    ``restart_bridge_s`` of that does not count against a condition; a longer outage ends it, so that an unacknowledged
    alert is latched and an acknowledged one goes off, to come back with its condition.
    """
    lost_s = outage_s(state, now)
    bench = Workbench(
        _moved(state, now.s - lost_s - state.now_s, min(lost_s, settings.restart_bridge_s)), now, settings
    )
    bench.tell_bed(Reason.RESTARTED, seconds=lost_s)
    pass_time(bench, now.s)
    for topic in Topic:
        if bench.entry(topic).latch.presence is not Presence.OFF:
            bench.tell(topic, Reason.RESTORED)
    bench.put_bed(now_at=now.at, boot=now.boot)
    return bench.state, tuple(bench.told)


def _same_clock(state: BedState, now: Moment) -> bool:
    """Whether the machine ran on, so that its monotonic clock did too."""
    return bool(state.boot) and state.boot == now.boot and now.s >= state.now_s


def _moved(state: BedState, by_s: float, bridged_s: float) -> BedState:
    """The same state on another monotonic clock; the last sights are moved on by ``bridged_s`` as well."""
    return replace(
        state,
        now_s=state.now_s + by_s,
        audio_until_s=_later(state.audio_until_s, by_s),
        privacy_until_s=_later(state.privacy_until_s, by_s),
        topics={topic: _moved_topic(entry, by_s, bridged_s) for topic, entry in state.topics.items()},
    )


def _moved_topic(entry: TopicState, by_s: float, bridged_s: float) -> TopicState:
    held: LatchState = entry.latch
    return replace(
        entry,
        seen_s=entry.seen_s + by_s + bridged_s,
        raised_s=entry.raised_s + by_s,
        acked_s=_later(entry.acked_s, by_s),
        ended_s=_later(entry.ended_s, by_s),
        latch=replace(
            held,
            now_s=held.now_s + by_s + bridged_s,
            true_s=held.true_s + by_s + bridged_s,
            false_since_s=_later(held.false_since_s, by_s + bridged_s),
            onset_s=_later(held.onset_s, by_s),
            alert_onset_s=held.alert_onset_s + by_s,
            start_s=held.start_s + by_s,
        ),
    )


def _later(value_s: float | None, by_s: float) -> float | None:
    return None if value_s is None else value_s + by_s
