"""The life of a bed's alerts: ``step(state, event, now) -> (state, transitions)``. Pure; time is an argument.

An alert goes on after its condition's delay, is latched when the condition ends unacknowledged, and goes off when it
was acknowledged or its latch ran out. Pauses take away sound or sight for a bounded time and never an alert that is
out. Beds share nothing, so one bed's alert never hides another's.
"""

from __future__ import annotations

from monitor.alerts import latch
from monitor.alerts.bed_state import BedState, alert_id
from monitor.alerts.events import (
    Acknowledge,
    BeginPrivacy,
    EndPrivacy,
    Event,
    Moment,
    Observed,
    PauseAudio,
    ResumeAudio,
)
from monitor.alerts.latch import Fact
from monitor.alerts.lifecycle_settings import LifecycleSettings
from monitor.alerts.passing import note_watch, pass_time
from monitor.alerts.raising import forget, take_in
from monitor.alerts.topics import ABOUT_THE_PROGRAM, CAMERA, EXPLAINED_BY_CAMERA, Reason, Topic
from monitor.alerts.transition import Transition
from monitor.alerts.workbench import Workbench
from monitor.records import Presence

Told = tuple[Transition, ...]


def step(state: BedState, event: Event, now: Moment, settings: LifecycleSettings) -> tuple[BedState, Told]:
    """Take in ``event`` at ``now`` (an earlier time than the last counts as the last)."""
    bench = Workbench(state, now, settings)
    pass_time(bench, max(now.s, state.now_s))
    match event:
        case Observed():
            _observe(bench, event)
        case Acknowledge():
            _acknowledge(bench, event)
        case PauseAudio():
            _pause_audio(bench, event)
        case ResumeAudio():
            _resume_audio(bench, event)
        case BeginPrivacy():
            _begin_privacy(bench, event)
        case EndPrivacy():
            _end_privacy(bench, event)
    bench.put_bed(now_at=now.at, boot=now.boot)
    return bench.state, tuple(bench.told)


def close_watch(state: BedState, now: Moment, settings: LifecycleSettings) -> tuple[BedState, Told]:
    """The service stops: carry on to ``now`` and note the time watched so far."""
    bench = Workbench(state, now, settings)
    pass_time(bench, max(now.s, state.now_s))
    note_watch(bench)
    bench.put_bed(now_at=now.at, boot=now.boot)
    return bench.state, tuple(bench.told)


def end_watch(state: BedState, now: Moment, settings: LifecycleSettings) -> tuple[BedState, Told]:
    """The bed is no longer watched: what is out goes off, since nobody looks any more, and the time is noted."""
    bench = Workbench(state, now, settings)
    pass_time(bench, max(now.s, state.now_s))
    for topic in Topic:
        entry = bench.entry(topic)
        if entry.latch.presence is not Presence.OFF:
            off = latch.LatchState(now_s=bench.state.now_s)
            bench.put(topic, latch=off, fact=Fact.UNKNOWN, ended_s=bench.state.now_s, acked_s=None, hushed=False)
            bench.tell(topic, Reason.NO_LONGER_OBSERVED)
    note_watch(bench)
    bench.put_bed(now_at=now.at, boot=now.boot)
    return bench.state, tuple(bench.told)


def _observe(bench: Workbench, event: Observed) -> None:
    cared_for = bench.state.privacy_until_s is not None
    for topic in sorted(event.seen, key=_camera_first):
        explained = topic in EXPLAINED_BY_CAMERA and any(bench.entry(fault).fact is Fact.TRUE for fault in CAMERA)
        if explained or (cared_for and topic not in ABOUT_THE_PROGRAM):
            forget(bench, topic)
        else:
            take_in(bench, topic, event.seen[topic])


def _camera_first(topic: Topic) -> tuple[bool, int]:
    return topic not in CAMERA, list(Topic).index(topic)


def _acknowledge(bench: Workbench, event: Acknowledge) -> None:
    for topic in Topic:
        entry = bench.entry(topic)
        if not entry.number or alert_id(bench.state.bed, entry.number) != event.alert_id:
            continue
        if entry.latch.presence in (Presence.ON, Presence.LATCHED):
            state, _ = latch.acknowledge(entry.latch)
            now_s = bench.state.now_s
            ended_s = now_s if state.presence is Presence.OFF else entry.ended_s
            bench.put(topic, latch=state, acked_s=now_s, ended_s=ended_s, hushed=False, verdict=event.verdict)
            bench.tell(topic, Reason.ACKNOWLEDGED, by=event.by)
        elif event.verdict is not None and event.verdict is not entry.verdict:
            bench.put(topic, verdict=event.verdict)
            bench.tell(topic, Reason.VERDICT_GIVEN, by=event.by)


def _pause_audio(bench: Workbench, event: PauseAudio) -> None:
    for_s = min(event.for_s, bench.settings.audio_pause_most_s)
    heard = bench.heard()
    bench.put_bed(audio_until_s=bench.state.now_s + for_s)
    bench.tell_bed(Reason.AUDIO_PAUSED, by=event.by, seconds=for_s)
    bench.tell_heard(heard, Reason.AUDIO_PAUSED)


def _resume_audio(bench: Workbench, event: ResumeAudio) -> None:
    if bench.state.audio_until_s is None:
        return
    heard = bench.heard()
    bench.put_bed(audio_until_s=None)
    bench.tell_bed(Reason.AUDIO_RESUMED, by=event.by)
    bench.tell_heard(heard, Reason.AUDIO_RESUMED)


def _begin_privacy(bench: Workbench, event: BeginPrivacy) -> None:
    for_s = min(event.for_s, bench.settings.privacy_pause_most_s)
    heard = bench.heard()
    bench.put_bed(privacy_until_s=bench.state.now_s + for_s)
    bench.tell_bed(Reason.PRIVACY_STARTED, by=event.by, seconds=for_s)
    bench.tell_heard(heard, Reason.PRIVACY_STARTED)


def _end_privacy(bench: Workbench, event: EndPrivacy) -> None:
    if bench.state.privacy_until_s is None:
        return
    heard = bench.heard()
    bench.put_bed(privacy_until_s=None)
    bench.tell_bed(Reason.PRIVACY_ENDED, by=event.by)
    bench.tell_heard(heard, Reason.PRIVACY_ENDED)
