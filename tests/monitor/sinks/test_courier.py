"""The courier's patience: attempts, pauses, order, and what it does with faults of the program."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from sink_story import Clock, Story

from monitor.sinks.courier import Courier, Patience, Settled
from monitor.sinks.message import AlertMessage
from monitor.sinks.outbox import MemoryOutbox
from monitor.sinks.outgoing import Item
from monitor.sinks.posted import PostedSink
from monitor.sinks.transport import Outcome, Result
from monitor.ward.sinks import ConsoleSink

OK = Outcome(result=Result.DELIVERED)
FAILED = Outcome(result=Result.FAILED, words="it fails")
AWAY = Outcome(result=Result.AWAY, words="it is away")
REFUSED = Outcome(result=Result.REFUSED, words="it does not want that")


@dataclass
class Scripted:
    """Answers by a script, then with success; ``batches`` are the ids of every attempt."""

    script: list[Outcome | Exception] = field(default_factory=list)
    most: int = 1
    limit_s: float = 60.0
    batches: list[list[str]] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)
    hangs: bool = False
    closed: bool = False
    wait_s: float = 0.0

    def wants(self, message: AlertMessage) -> bool:
        return True

    def pause_s(self, now_s: float) -> float:
        return self.wait_s

    def deliver(self, messages: Sequence[AlertMessage]) -> Outcome:
        self.batches.append([message.alert_id for message in messages])
        if self.hangs:
            self.free.wait(120)
        answer = self.script.pop(0) if self.script else OK
        if isinstance(answer, Exception):
            raise answer
        return answer

    def abort(self) -> None:
        self.free.set()

    def close(self) -> None:
        self.closed = True


Made = Callable[..., Courier]


@pytest.fixture
def made() -> Iterator[Made]:
    running: list[Courier] = []

    def make(transport: Scripted, **patience: float) -> Courier:
        clock = Clock()
        quick = Patience(**{"first_backoff_s": 0.01, "longest_backoff_s": 0.02, **patience})  # type: ignore[arg-type]
        courier = Courier("test", transport, quick, now_s=clock.now_s, now_at=clock.now_at, wake=lambda: None)
        courier.start()
        running.append(courier)
        return courier

    yield make
    for courier in running:
        courier.close(2.0)


def items(*alerts: int) -> list[Item]:
    story = Story()
    told = [story.message(alert=number) for number in alerts]
    return [
        Item(message_id=each.message_id, at=each.at, body=each.to_json(), put_s=story.clock.now_s()) for each in told
    ]


def collected(courier: Courier, count: int) -> list[Settled]:
    found: list[Settled] = []
    end_s = time.monotonic() + 60
    while len(found) < count:
        assert time.monotonic() < end_s
        found += courier.collect()
        time.sleep(0.005)
    return found


def test_pauses_double_up_to_the_longest():
    patience = Patience(first_backoff_s=1.0, longest_backoff_s=10.0)
    assert [patience.backoff_s(failures) for failures in (1, 2, 3, 4, 5, 6, 5000)] == [1, 2, 4, 8, 10, 10, 10]


def test_failures_are_tried_so_often_and_order_is_kept(made: Made):
    transport = Scripted([FAILED, AWAY, FAILED, FAILED, REFUSED])
    offered = items(1, 2, 3)
    courier = made(transport, attempts=3)
    courier.offer(offered)
    settled = collected(courier, 3)
    assert settled == [
        Settled(message_id=offered[0].message_id, cause="failed"),
        Settled(message_id=offered[1].message_id, cause="refused"),
        Settled(message_id=offered[2].message_id, cause=None),
    ]
    tried = [batch[0] for batch in transport.batches]
    assert tried == ["bed-1:1"] * 4 + ["bed-1:2", "bed-1:3"]
    assert courier.trouble is None


def test_a_fault_of_the_program_ends_nothing_and_shows_nothing(made: Made):
    class Gated(Scripted):
        def deliver(self, messages: Sequence[AlertMessage]) -> Outcome:
            self.hangs = bool(self.batches)  # the second attempt waits until the test has looked
            return super().deliver(messages)

    courier = made(transport := Gated([KeyError("s3cret")]))
    courier.offer(items(1))
    end_s = time.monotonic() + 60
    while courier.trouble is None and time.monotonic() < end_s:
        time.sleep(0.002)
    assert courier.trouble == "fault of the program (KeyError)"
    transport.free.set()
    assert collected(courier, 1)[0].cause is None
    assert len(transport.batches) == 2


def test_batches_hold_what_waits(made: Made):
    transport = Scripted(most=10, hangs=True)
    courier = made(transport)
    courier.offer(items(1))
    while not transport.batches:
        time.sleep(0.002)
    courier.offer(items(2, 3, 4))
    transport.hangs = False
    transport.free.set()
    collected(courier, 4)
    assert transport.batches == [["bed-1:1"], ["bed-1:2", "bed-1:3", "bed-1:4"]]


def test_what_cannot_be_read_is_given_up_and_the_rest_goes_on(made: Made):
    broken = Item(message_id="x", at=Clock().now_at(), body="{", put_s=None)
    courier = made(transport := Scripted(most=10))
    courier.offer([broken, *items(1)])
    assert {each.cause for each in collected(courier, 2)} == {"unreadable", None}
    assert transport.batches == [["bed-1:1"]]


def test_a_delivery_that_takes_too_long_is_aborted(made: Made):
    transport = Scripted([AWAY], hangs=True, limit_s=5.0)
    courier = made(transport)
    courier.offer(items(1))
    while not transport.batches:
        time.sleep(0.002)
    courier.watch(time.monotonic())
    assert not transport.free.is_set()
    courier.watch(time.monotonic() + 6.0)
    assert transport.free.is_set()


def test_closing_delivers_what_can_be_and_does_not_wait_for_the_rest(made: Made):
    offered = items(*range(5))
    well, badly, waits = Scripted(), Scripted([AWAY] * 99), Scripted(wait_s=3600.0)
    for transport, arrived in ((well, 5), (badly, 0), (waits, 0)):
        courier = made(transport, longest_backoff_s=30.0, first_backoff_s=30.0)
        courier.offer(offered)
        begun_s = time.monotonic()
        courier.close(5.0)
        assert time.monotonic() - begun_s < 4.5
        assert sum(each.cause is None for each in courier.collect()) == arrived
        assert transport.closed


def test_one_that_was_never_started_closes():
    clock = Clock()
    Courier("x", Scripted(), Patience(), now_s=clock.now_s, now_at=clock.now_at, wake=lambda: None).close(1.0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_the_end_of_the_thread_does_not_go_unnoticed():
    class Broken(Scripted):
        def pause_s(self, now_s: float) -> float:
            raise ArithmeticError

    story = Story()
    sink = PostedSink(
        "there",
        ConsoleSink(),
        story.context(),
        Broken(),
        outbox=MemoryOutbox(10),
        most_messages=10,
        most_age_s=60.0,
        patience=Patience(),
    )
    sink.start()
    story.drive(sink, lambda: sink.status().trouble == "fault of the program: nothing is delivered any more")
    sink.close(1.0)
