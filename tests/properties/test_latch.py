"""What holds of the latch whatever happens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.latch import Change, Fact, LatchRules, LatchState, acknowledge, finish, step
from monitor.records import Presence, SignalReason

seconds = st.floats(0.0, 30.0, allow_nan=False)
rules = st.builds(LatchRules, delay_s=seconds, dropout_s=seconds, unknown_s=seconds, latch_s=seconds)
events = st.lists(
    st.tuples(st.floats(-2.0, 20.0, allow_nan=False), st.sampled_from([*Fact, None])), min_size=1, max_size=60
)
"""(seconds since the last event, fact, or None for an acknowledgement); clocks may jump back a little."""


def run(
    story: list[tuple[float, Fact | None]], rules: LatchRules
) -> list[tuple[LatchState, Fact | None, tuple[Change, ...]]]:
    state, now_s, trace = LatchState(), 0.0, []
    for passed_s, fact in story:
        now_s += passed_s
        state, changes = acknowledge(state) if fact is None else step(state, fact, now_s, rules)
        trace.append((state, fact, changes))
    state, changes = finish(state)
    trace.append((state, None, changes))
    return trace


def signals(trace: list[tuple[LatchState, Fact | None, tuple[Change, ...]]]) -> list[Change]:
    return [change for _, _, changes in trace for change in changes]


@given(story=events, rules=rules)
def test_never_on_before_the_delay_and_only_while_it_holds(
    story: list[tuple[float, Fact | None]], rules: LatchRules
) -> None:
    for _, fact, changes in run(story, rules):
        for change in changes:
            assert change.start_s - change.onset_s >= rules.delay_s
            if change.reason is SignalReason.CONDITION_HELD:
                assert fact is Fact.TRUE


@given(story=events, rules=rules)
def test_every_on_has_one_off_and_they_alternate(story: list[tuple[float, Fact | None]], rules: LatchRules) -> None:
    out = False
    for change in signals(run(story, rules)):
        if change.reason is SignalReason.CONDITION_HELD:
            assert not out
            out = True
        else:
            assert out
            out = change.presence is not Presence.OFF
        assert (change.end_s is not None) == (change.presence is Presence.OFF)
    assert not out


@given(story=events, rules=rules)
def test_time_only_runs_forward(story: list[tuple[float, Fact | None]], rules: LatchRules) -> None:
    states = [state.now_s for state, _, _ in run(story, rules)]
    assert states == sorted(states)
    for change in signals(run(story, rules)):
        assert change.onset_s <= change.start_s
        assert change.end_s is None or change.end_s >= change.start_s


@given(story=events, rules=rules)
def test_what_cannot_be_seen_never_turns_an_unacknowledged_latching_alert_off(
    story: list[tuple[float, Fact | None]], rules: LatchRules
) -> None:
    before = Presence.OFF
    for state, fact, changes in run(story, rules)[:-1]:
        if fact is Fact.UNKNOWN and before in (Presence.ON, Presence.LATCHED) and rules.latch_s > 0:
            assert all(change.presence is not Presence.OFF for change in changes)
        before = state.presence


@given(story=events, rules=rules)
def test_the_same_story_gives_the_same_signals(story: list[tuple[float, Fact | None]], rules: LatchRules) -> None:
    assert run(story, rules) == run(story, rules)
