"""The outbox: in order, durable, bounded, no id twice, drops counted; against a small model of itself too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.storage.database.database import Database
from monitor.storage.database.outbox import Dropped, InvalidMessage, Outbox, OutboxMessage

AT = datetime(2026, 3, 1, tzinfo=UTC)
DAY_S = 86_400.0


def message(number: int, after_s: float = 0.0) -> OutboxMessage:
    return OutboxMessage(message_id=f"m{number}", at=AT + timedelta(seconds=after_s), body=f'{{"number": {number}}}')


def ids(outbox: Outbox, **options: object) -> list[str]:
    return [entry.message_id for entry in outbox.pending(**options)]  # type: ignore[arg-type]


def test_in_order_until_delivered(database: Database) -> None:
    outbox = database.outbox("mqtt", 100, DAY_S)
    assert outbox.put(message(3), message(1)) == 2
    assert outbox.put(message(2), message(3)) == 1
    assert outbox.put() == 0
    assert outbox.pending() == [message(3), message(1), message(2)]
    assert ids(outbox, limit=2) == ["m3", "m1"]
    outbox.delivered(["m1"])
    outbox.delivered([])
    assert ids(outbox) == ["m3", "m2"]
    assert outbox.waiting == 2


def test_no_id_twice_also_after_delivery_and_a_new_start(place) -> None:
    with place.open() as first:
        outbox = first.outbox("mqtt", 100, DAY_S)
        outbox.put(message(1), message(2), message(1))
        outbox.delivered(["m1"])
    with place.open() as second:
        outbox = second.outbox("mqtt", 100, DAY_S)
        outbox.put(message(1), message(2), message(3))
        assert ids(outbox) == ["m2", "m3"]
        assert outbox.waiting == 2
        assert sum(outbox.dropped.values()) == 0


def test_sinks_do_not_mix(database: Database) -> None:
    one, two = database.outbox("one", 1, DAY_S), database.outbox("two", 100, DAY_S)
    two.put(message(1))
    one.put(message(1), message(2))
    assert (ids(one), ids(two)) == (["m2"], ["m1"])
    one.delivered(["m1", "m2"])
    assert (ids(one), ids(two)) == ([], ["m1"])
    assert two.dropped[Dropped.TOO_MANY] == 0


def test_too_many_drop_the_oldest_and_are_counted_for_good(place) -> None:
    with place.open() as first:
        outbox = first.outbox("mqtt", 3, DAY_S)
        for number in range(5):
            outbox.put(message(number))
        outbox.put(*(message(number) for number in range(5, 7)))
        assert ids(outbox) == ["m4", "m5", "m6"]
    with place.open() as second:
        outbox = second.outbox("mqtt", 3, DAY_S)
        outbox.put(message(7))
        assert ids(outbox) == ["m5", "m6", "m7"]
        assert dict(outbox.dropped) == {Dropped.TOO_MANY: 5, Dropped.TOO_OLD: 0}
        outbox.put(message(0))
        assert ids(outbox) == ["m5", "m6", "m7"]


def test_a_smaller_bound_counts_at_once(database: Database) -> None:
    database.outbox("mqtt", 100, DAY_S).put(*map(message, range(10)))
    outbox = database.outbox("mqtt", 2, DAY_S)
    outbox.put(message(10))
    assert ids(outbox) == ["m9", "m10"]


def test_the_old_are_dropped_when_the_time_is_told(database: Database) -> None:
    outbox = database.outbox("mqtt", 100, 60.0)
    outbox.put(message(1, 0.0), message(2, 30.0), message(3, 61.0))
    assert ids(outbox) == ["m1", "m2", "m3"]
    assert ids(outbox, now_at=AT + timedelta(seconds=61)) == ["m2", "m3"]
    assert dict(outbox.dropped) == {Dropped.TOO_MANY: 0, Dropped.TOO_OLD: 1}
    assert ids(outbox, now_at=datetime(1970, 1, 1, tzinfo=UTC)) == ["m2", "m3"]
    assert outbox.waiting == 2


def test_what_was_undone_is_neither_kept_nor_counted(database: Database) -> None:
    class Interrupted(Exception):
        pass

    outbox = database.outbox("mqtt", 2, DAY_S)
    outbox.put(message(1))
    with pytest.raises(Interrupted), database.together():  # noqa: PT012
        outbox.put(message(2), message(3))
        raise Interrupted
    assert (ids(outbox), outbox.waiting, outbox.dropped[Dropped.TOO_MANY]) == (["m1"], 1, 0)
    outbox.put(message(2))
    assert ids(outbox) == ["m1", "m2"]


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(InvalidMessage, match="time zone"):
        OutboxMessage(message_id="x", at=datetime(2026, 3, 1), body="")  # noqa: DTZ001


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.lists(st.integers(0, 30), max_size=6)),
        st.tuples(st.just("delivered"), st.lists(st.integers(0, 30), max_size=4)),
        st.tuples(st.just("reopened"), st.just([])),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def model_database(tmp_path_factory: pytest.TempPathFactory):
    with Database.open(f"sqlite:///{tmp_path_factory.mktemp('outbox')}/o.sqlite") as database:
        yield database


SINKS = count()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(actions=ACTIONS)
def test_it_behaves_as_its_model(model_database: Database, actions: list[tuple[str, list[int]]]) -> None:
    most, seen, waiting, dropped = 5, set(), [], 0
    sink = f"sink{next(SINKS)}"
    outbox = model_database.outbox(sink, most, DAY_S)
    for action, numbers in actions:
        if action == "put":
            outbox.put(*map(message, numbers))
            for number in numbers:
                if number not in seen:
                    seen.add(number)
                    waiting.append(f"m{number}")
            dropped += max(0, len(waiting) - most)
            waiting = waiting[-most:]
        elif action == "delivered":
            outbox.delivered([f"m{number}" for number in numbers])
            waiting = [name for name in waiting if int(name[1:]) not in numbers]
        else:
            outbox = model_database.outbox(sink, most, DAY_S)
        assert ids(outbox) == waiting
        assert (outbox.waiting, outbox.dropped[Dropped.TOO_MANY]) == (len(waiting), dropped)
