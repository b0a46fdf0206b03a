"""The watchdog's food: only when every stage moved, however long that takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.service_manager.watchdog import Watchdog


def test_it_is_fed_at_half_of_its_patience_while_all_move() -> None:
    watch, fed = Watchdog(10.0, ["a", "b"]), []
    for tenth in range(300):
        watch.moved("a")
        watch.idle("b")
        if watch.due(tenth / 10):
            fed.append(tenth / 10)
    assert fed == [0.0, 5.0, 10.0, 15.0, 20.0, 25.0]


def test_one_stage_that_stands_still_starves_it_and_is_named() -> None:
    watch = Watchdog(10.0, ["control", "capture:door"])
    watch.moved("control")
    watch.moved("capture:door")
    assert watch.due(0.0)
    for second in range(1, 60):
        watch.moved("control")
        assert not watch.due(float(second))
    assert watch.late(60.0) == {"capture:door": 60.0}
    watch.moved("capture:door")
    assert watch.due(60.5)
    assert not watch.due(60.6)


def test_it_is_not_fed_before_every_stage_moved_once() -> None:
    watch = Watchdog(10.0, ["a", "b"])
    watch.moved("a")
    assert not watch.due(100.0)
    assert watch.late(100.0) == {"b": 0.0}


def test_stages_come_and_go_with_a_reload() -> None:
    watch = Watchdog(2.0, ["a", "old"])
    watch.moved("a")
    watch.forget("old")
    watch.expect("new")
    assert watch.stages == ("a", "new")
    assert watch.due(0.0)
    watch.moved("a")
    assert not watch.due(5.0)
    watch.expect("new")  # a second reload does not excuse it
    assert not watch.due(6.0)
    watch.moved("new")
    assert watch.due(6.0)


def test_a_wrong_name_feeds_nothing() -> None:
    watch = Watchdog(2.0, ["a"])
    with pytest.raises(KeyError, match="no stage 'b'"):
        watch.moved("b")
    assert not watch.due(9.0)


def test_without_stages_nothing_proves_life() -> None:
    assert not Watchdog(2.0).due(9.0)


def test_when_nobody_watches_it_still_says_who_is_late() -> None:
    watch = Watchdog(None, ["a", "b"])
    for second in range(10):
        watch.moved("a")
        assert not watch.due(float(second))
    assert watch.late(10.0) == {"a": 1.0, "b": 10.0}


@given(st.lists(st.tuples(st.floats(0.01, 3.0), st.sets(st.sampled_from("abc"))), max_size=60))
def test_between_two_feeds_every_stage_moved(story: list[tuple[float, set[str]]]) -> None:
    watch, now_s, moved, fed_s = Watchdog(4.0, "abc"), 0.0, set[str](), None
    for pause_s, movers in story:
        now_s += pause_s
        for name in sorted(movers):
            watch.moved(name)
        moved |= movers
        rested = fed_s is None or now_s - fed_s >= 2.0
        assert watch.due(now_s) == (moved == set("abc") and rested)
        if moved == set("abc") and rested:
            moved, fed_s = set(), now_s
