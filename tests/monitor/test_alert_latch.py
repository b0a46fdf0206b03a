"""The latch by itself, second by second."""

from __future__ import annotations

import pytest

from monitor.alerts.latch import Change, Fact, LatchRules, LatchState, acknowledge, finish, step
from monitor.records import Presence, SignalReason

RULES = LatchRules(delay_s=5.0, dropout_s=2.0, unknown_s=4.0, latch_s=3.0)
_FACTS = {"+": Fact.TRUE, "-": Fact.FALSE, "?": Fact.UNKNOWN}


def run(story: str, rules: LatchRules = RULES) -> tuple[LatchState, list[tuple[float, Change]]]:
    """One character a second: ``+`` holds, ``-`` does not, ``?`` cannot be seen, ``a`` acknowledged (takes no time)."""
    state, changes, now_s = LatchState(), [], 0.0
    for character in story:
        if character == "a":
            state, new = acknowledge(state)
        else:
            state, new = step(state, _FACTS[character], now_s, rules)
            now_s += 1.0
        changes += [(state.now_s, change) for change in new]
    return state, changes


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("+++++", []),
        ("++++++", [(5, "on")]),
        ("++-++++", [(5, "on")]),
        ("++---++++++", [(10, "on")]),  # two seconds without it are the end: counted anew from 5
        ("++-", []),
        ("++????++", [(6, "on")]),
        ("++?????++++", []),
        ("++++++--+", [(5, "on")]),
        ("++++++---", [(5, "on"), (8, "latched")]),
        ("++++++------", [(5, "on"), (8, "latched"), (11, "off")]),
        ("++++++---????????", [(5, "on"), (8, "latched")]),
        ("++++++?????", [(5, "on"), (10, "latched")]),
        ("++++++a++", [(5, "on"), (5, "acknowledged")]),
        ("++++++a---", [(5, "on"), (5, "acknowledged"), (8, "off")]),
        ("++++++---a", [(5, "on"), (8, "latched"), (8, "off")]),
        ("++++++---++++++", [(5, "on"), (8, "latched"), (14, "off"), (14, "on")]),
        ("a++++++aa", [(5, "on"), (5, "acknowledged")]),
    ],
)
def test_story(story: str, expected: list[tuple[float, str]]) -> None:
    assert [(now_s, change.presence.value) for now_s, change in run(story)[1]] == expected


def test_a_condition_without_latch_goes_off_with_its_end() -> None:
    _, changes = run("++++++---", LatchRules(delay_s=5.0, dropout_s=0.0))
    assert [(now_s, c.presence, c.reason) for now_s, c in changes] == [
        (5, Presence.ON, SignalReason.CONDITION_HELD),
        (6, Presence.OFF, SignalReason.CONDITION_ENDED),
    ]


def test_reasons() -> None:
    assert run("++++++---")[1][-1][1].reason is SignalReason.CONDITION_ENDED
    assert run("++++++?????")[1][-1][1].reason is SignalReason.NO_LONGER_OBSERVED
    assert run("++++++------")[1][-1][1].reason is SignalReason.LATCH_EXPIRED
    again = [change.reason for _, change in run("++++++---++++++")[1]]
    assert again[2:] == [SignalReason.RETRIGGERED, SignalReason.CONDITION_HELD]


def test_times_of_a_change() -> None:
    on, latched, off = (change for _, change in run("-++++++------")[1])
    assert (on.onset_s, on.start_s, on.end_s) == (1.0, 6.0, None)
    assert (latched.onset_s, latched.start_s, latched.end_s) == (1.0, 6.0, None)
    assert (off.onset_s, off.start_s, off.end_s) == (1.0, 6.0, 12.0)


def test_finish_closes_what_is_out_and_nothing_else() -> None:
    assert finish(run("+++")[0])[1] == ()
    (closed,) = finish(run("++++++")[0])[1]
    assert (closed.presence, closed.reason, closed.end_s) == (Presence.OFF, SignalReason.RECORDING_ENDED, 5.0)


def test_time_that_runs_back_counts_as_no_time() -> None:
    state, _ = run("+++")
    state, changes = step(state, Fact.TRUE, -100.0, RULES)
    assert changes == ()
    assert state.now_s == 2.0
