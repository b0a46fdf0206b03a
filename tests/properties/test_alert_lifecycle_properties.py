"""What holds of a bed's alerts whatever happens."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from ward_story import SHORT, Story

from monitor.alerts.bed_state import BedState
from monitor.alerts.events import (
    Acknowledge,
    BeginPrivacy,
    EndPrivacy,
    Event,
    Observed,
    PauseAudio,
    ResumeAudio,
    Seen,
    Tick,
)
from monitor.alerts.latch import Fact
from monitor.alerts.state_json import dump_state
from monitor.alerts.topics import Reason, Topic, Verdict
from monitor.alerts.transition import Transition
from monitor.alerts.workbench import audible
from monitor.records import Presence

RULES = replace(SHORT, audio_pause_most_s=15.0, privacy_pause_most_s=25.0, reraise_s=20.0, watch_every_s=30.0)
_TOPICS = (Topic.PAIN, Topic.DISTRESS_FEAR, Topic.CANNOT_ASSESS, Topic.CAMERA_OFFLINE, Topic.SERVICE_TROUBLE)
_seen = st.builds(Seen, fact=st.sampled_from([Fact.TRUE, Fact.TRUE, Fact.FALSE, Fact.UNKNOWN]), weak=st.booleans())
_acts: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        Acknowledge,
        alert_id=st.integers(1, 4).map("bed-4:{}".format),
        by=st.just("x"),
        verdict=st.none() | st.sampled_from(Verdict),
    ),
    st.builds(PauseAudio, for_s=st.floats(0.1, 1e6), by=st.just("x")),
    st.builds(BeginPrivacy, for_s=st.floats(0.1, 1e6), by=st.just("x")),
    st.builds(ResumeAudio, by=st.just("x")),
    st.builds(EndPrivacy, by=st.just("x")),
    st.just(Tick()),
)
_looks = st.dictionaries(st.sampled_from(_TOPICS), _seen, max_size=3).map(lambda seen: Observed(seen=seen))
_gaps = st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5]) | st.sampled_from([3.0, 7.0, 40.0, 400.0])
_runs = st.tuples(_seen, st.integers(1, 16)).map(
    lambda run: [(1.0, Observed(seen={Topic.PAIN: run[0]})) for _ in range(run[1])]
)
stories = st.lists(
    _runs | st.tuples(_gaps, st.one_of(_looks, _acts)).map(lambda one: [one]), min_size=1, max_size=14
).map(lambda parts: [event for part in parts for event in part])
"""(seconds since the last event, event); long runs of one finding about pain among them."""
Trace = list[tuple[float, BedState, Event, tuple[Transition, ...]]]


def play(story: list[tuple[float, Event]], restarts: dict[int, float] | None = None) -> Trace:
    bed = Story(settings=RULES)
    trace: Trace = []
    for place, (passed_s, event) in enumerate(story):
        if restarts and place in restarts:
            told = bed.restart(restarts[place])
            trace.append((bed.now_s, bed.state, Tick(), tuple(told)))
        bed.now_s += passed_s
        told = bed.happen(event)
        trace.append((bed.now_s, bed.state, event, tuple(told)))
    return trace


@given(story=stories)
@settings(deadline=None, max_examples=80)
def test_never_silent_while_pain_holds_unpaused_past_the_delay(story: list[tuple[float, Event]]) -> None:
    since_s: float | None = None
    last_s = float("-inf")
    for now_s, state, event, _ in play(story):
        looked = isinstance(event, Observed) and Topic.PAIN in event.seen
        gap = now_s - last_s > RULES.stale_s
        if state.privacy_until_s is not None or gap:
            since_s = None
        if looked:
            holds = event.seen[Topic.PAIN].fact is Fact.TRUE and state.privacy_until_s is None
            since_s = (now_s if since_s is None else since_s) if holds else None
            last_s = now_s
        if not looked or since_s is None or now_s - since_s < RULES.alerts.delay_s:
            continue
        pain = state.topics[Topic.PAIN]
        assert pain.latch.presence in (Presence.ON, Presence.ACKNOWLEDGED)
        if pain.latch.presence is Presence.ON:
            assert audible(state, Topic.PAIN) is (state.audio_until_s is None)
        else:
            assert pain.acked_s is not None
            assert now_s - pain.acked_s < RULES.reraise_s


@given(story=stories)
@settings(deadline=None, max_examples=40)
def test_pauses_always_expire(story: list[tuple[float, Event]]) -> None:
    for now_s, state, _, _ in play(story):
        assert state.audio_until_s is None or now_s < state.audio_until_s <= now_s + RULES.audio_pause_most_s
        assert state.privacy_until_s is None or now_s < state.privacy_until_s <= now_s + RULES.privacy_pause_most_s
    bed = Story(settings=RULES, now_s=now_s, state=state)
    bed.wait(max(RULES.audio_pause_most_s, RULES.privacy_pause_most_s))
    assert (bed.state.audio_until_s, bed.state.privacy_until_s) == (None, None)


@given(story=stories, where=st.integers(0, 200))
@settings(deadline=None, max_examples=50)
def test_a_restart_at_any_point_gives_the_same_signals(story: list[tuple[float, Event]], where: int) -> None:
    def told(trace: Trace) -> list[Transition]:
        lines = [line for *_, lines in trace for line in lines]
        return [replace(line, number=0) for line in lines if line.reason not in (Reason.RESTARTED, Reason.RESTORED)]

    assert told(play(story, {where % len(story): 0.0})) == told(play(story))


@given(story=stories, where=st.integers(0, 200), outage_s=st.floats(0.0, 5000.0))
@settings(deadline=None, max_examples=50)
def test_a_restart_of_any_length_loses_no_unheeded_alert(
    story: list[tuple[float, Event]], where: int, outage_s: float
) -> None:
    place = where % len(story)
    before = Story(settings=RULES).state
    for _, state, event, lines in play(story, {place: outage_s}):
        if lines and lines[0].reason is Reason.RESTARTED:
            again = {line.topic for line in lines if line.reason is Reason.RESTORED}
            for topic, entry in state.topics.items():
                out = entry.latch.presence is not Presence.OFF
                assert (topic in again) is out
            pain = before.topics[Topic.PAIN].latch.presence
            if pain in (Presence.ON, Presence.LATCHED):
                assert state.topics[Topic.PAIN].latch.presence in (Presence.ON, Presence.LATCHED)
            assert state.alerts == before.alerts
            assert isinstance(event, Tick)
        before = state


@given(story=stories)
@settings(deadline=None, max_examples=40)
def test_every_change_is_told_once_with_its_reason_and_number(story: list[tuple[float, Event]]) -> None:
    before = dict.fromkeys(Topic, Presence.OFF)
    expected = 1
    for _, state, _, lines in play(story):
        for line in lines:
            assert isinstance(line.reason, Reason)
            assert line.number == expected
            expected += 1
            assert (line.alert_id is None) == (line.topic is None) == (line.presence is None)
            if line.topic is not None and line.presence is not None:
                before[line.topic] = line.presence
        assert before == {topic: entry.latch.presence for topic, entry in state.topics.items()}


@given(story=stories)
@settings(deadline=None, max_examples=40)
def test_what_is_heard_follows_from_what_was_told(story: list[tuple[float, Event]]) -> None:
    heard = dict.fromkeys(Topic, False)
    for _, state, _, lines in play(story):
        heard |= {line.topic: bool(line.audible) for line in lines if line.topic is not None}
        assert heard == {topic: audible(state, topic) for topic in Topic}


@given(story=stories)
@settings(deadline=None, max_examples=40)
def test_the_state_stays_bounded_and_alert_names_rise(story: list[tuple[float, Event]]) -> None:
    named = 0
    for _, state, _, lines in play(story):
        assert set(state.topics) == set(Topic)
        assert len(dump_state(state)) < 10_000
        for line in lines:
            if line.reason is Reason.CONDITION_HELD:
                assert line.alert_id == f"bed-4:{named + 1}"
                named += 1
        assert len(lines) <= 8 * len(Topic)


@given(story=stories)
@settings(deadline=None, max_examples=40)
def test_the_same_story_gives_the_same_lines(story: list[tuple[float, Event]]) -> None:
    assert play(story) == play(story)
