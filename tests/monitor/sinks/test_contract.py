"""What every sink promises, whatever its receiver: the same tests for all kinds, against real receivers."""

from __future__ import annotations

import logging
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sink_receivers import DURABLE, KINDS, receiver_of, with_beds
from sink_story import PLANTED, Story, out_alert

from monitor.alerts.topics import Reason, Topic
from monitor.records import Presence, Priority
from monitor.sinks.base import Sink
from monitor.sinks.message import AlertMessage
from monitor.storage.database.database import Database


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[kind for kind in KINDS if kind != "sound"])
def queueing(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    named = next(name for name in ("kind", "queueing", "durable") if name in request.fixturenames)
    with receiver_of(request.getfixturevalue(named), tmp_path) as receiver:
        yield receiver


@pytest.fixture
def story(there: Any) -> Story:
    return Story(secrets=there.secrets)


def expected(messages: list[AlertMessage], kind: str) -> list[str]:
    """What the receiver should have: ids, or of sound the priorities."""
    return [message.priority.value if kind == "sound" else message.message_id for message in messages]


def tell(story: Story, sink: Sink, there: Any, message: AlertMessage) -> None:
    """Send and wait until one more has arrived."""
    before = len(there.received())
    sink.send(message)
    story.drive(sink, lambda: len(there.received()) > before)


def test_what_is_told_arrives_in_order_and_once(kind: str, there: Any, story: Story):
    told = [
        story.message(alert=1, topic=Topic.EXPLAINER_DOWN),
        story.message("bed-2", alert=1, topic=Topic.CANNOT_ASSESS),
        story.message(alert=2),
    ]
    with story.sink(there.settings()) as sink:
        there.attach(sink)
        for message in told:
            tell(story, sink, there, message)
        sink.send(told[0])  # told before: changes nothing
        story.drive(sink, lambda: sink.status().delivered >= 3 and sink.status().waiting == 0)
        status = sink.status()
    assert there.received()[:3] == expected(told, kind)
    assert kind == "sound" or len(there.received()) == 3
    assert status.trouble is None
    assert status.ok
    assert (status.name, status.kind) == ("there", kind)
    assert status.last_delivered_at is not None


def test_beds_priorities_and_emotions_are_filtered(kind: str, there: Any, story: Story):
    wanted = story.message("bed-2", alert=9, topic=Topic.PAIN)
    with story.sink(with_beds(there.settings(least_priority="medium"), "bed-2")) as sink:
        there.attach(sink)
        sink.send(story.message("bed-1", alert=1))
        sink.send(story.message("bed-2", alert=1, topic=Topic.EXPLAINER_DOWN))
        sink.send(story.message("bed-2", alert=2, topic=Topic.DISTRESS_FEAR, priority=Priority.HIGH))
        tell(story, sink, there, wanted)
        story.drive(sink, lambda: sink.status().delivered == 1)
    assert there.received() == expected([wanted], kind)


def test_with_the_wards_consent_emotions_are_told(kind: str, there: Any, story: Story):
    story.emotion_scores = True
    with story.sink(there.settings()) as sink:
        there.attach(sink)
        tell(story, sink, there, story.message(topic=Topic.DISTRESS_FEAR))
        sink.change(there.settings(), story.context().beds, emotion_scores=False)
        sink.send(story.message(alert=2, topic=Topic.DISTRESS_ANGER))
        tell(story, sink, there, story.message(alert=3, topic=Topic.PAIN))
    assert len(there.received()) == 2


def test_whoever_hangs_holds_up_nobody(kind: str, there: Any, story: Story):
    """The caller's own time stays at milliseconds, and closing is bounded, while the receiver answers nothing."""
    with story.sink(there.settings()) as sink:
        there.attach(sink)
        tell(story, sink, there, story.message())
        there.hang()
        took = []
        for number in range(60):
            message, report = story.message(alert=2 + number), story.report("bed-1", out_alert(2 + number))
            begun = time.perf_counter()
            sink.send(message)
            sink.state(report)
            sink.step(story.clock.now_s())
            sink.status()
            took.append(time.perf_counter() - begun)
        # a receiver is given at least 4 s to answer: whoever waits for one once takes longer than this
        assert statistics.median(took) < 0.05
        assert max(took) < 3.0
        begun = time.perf_counter()
        sink.close(1.0)
        assert time.perf_counter() - begun < 3.5
        sink.close(1.0)


def test_trouble_is_said_in_words_and_passes(kind: str, there: Any, story: Story):
    told = [story.message(alert=number) for number in (1, 2, 3)]
    with story.sink(there.settings()) as sink:
        there.attach(sink)
        tell(story, sink, there, told[0])
        there.go()
        sink.send(told[1])
        story.drive(sink, lambda: sink.status().trouble is not None)
        trouble = sink.status().trouble or ""
        assert not sink.status().ok
        assert 10 < len(trouble) < 200
        assert "\n" not in trouble
        for sign in ("Error", "Traceback", "<", PLANTED):
            assert sign not in trouble
        there.come_back()
        sink.send(told[2])
        story.drive(sink, lambda: sink.status().trouble is None and len(there.received()) >= 2)


def test_an_outage_loses_nothing_and_marks_what_is_late(queueing: str, there: Any, story: Story):
    before, during, after = (
        story.message(alert=1),
        [story.message(alert=n) for n in range(2, 32)],
        story.message(alert=99),
    )
    with story.sink(there.settings()) as sink:
        there.attach(sink)
        tell(story, sink, there, before)
        there.go()
        for message in during:
            sink.send(message)
            sink.step(story.clock.now_s())
        story.drive(sink, lambda: sink.status().trouble is not None)
        assert sink.status().waiting == len(during)
        there.come_back()
        story.clock.offset_s += 120
        sink.send(after)
        story.drive(sink, lambda: sink.status().waiting == 0)
        assert sink.status().delivered == 32
        assert sink.status().dropped == {}
    ids = [message.message_id for message in (before, *during, after)]
    assert there.received() == ids
    late = there.late()
    assert late[0] is False
    assert all(late[1:31])
    assert queueing == "email" or late[31] is False  # a mail may hold both, and is late as a whole


@pytest.fixture(params=DURABLE)
def durable(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_was_left_undelivered_goes_first_in_the_next_run(durable: str, there: Any, story: Story, tmp_path: Path):
    url = f"sqlite:////{tmp_path / 'vigil.sqlite'}"
    database = Database.open(url)
    story.open_outbox = database.outbox
    told = [story.message(alert=number) for number in range(1, 8)]
    with story.sink(there.settings()) as sink:
        tell(story, sink, there, told[0])
        story.drive(sink, lambda: sink.status().delivered == 1)
        there.go()
        for message in told[1:5]:
            sink.send(message)
        story.drive(sink, lambda: sink.status().trouble is not None)
    database.close()

    there.come_back()
    database = Database.open(url)
    story.open_outbox = database.outbox
    story.clock.offset_s += 3600
    with story.sink(there.settings()) as sink:
        for message in told[4:]:  # one of them was told before
            sink.send(message)
        story.drive(sink, lambda: sink.status().waiting == 0)
    database.close()
    assert there.received() == [message.message_id for message in told]
    assert there.late()[:5] == [False, True, True, True, True]


def test_no_secret_is_shown(kind: str, there: Any, story: Story, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.DEBUG), story.sink(there.settings()) as sink:
        there.attach(sink)
        tell(story, sink, there, story.message())
        there.go()
        sink.send(story.message(alert=2))
        story.drive(sink, lambda: sink.status().trouble is not None)
        shown = f"{sink!r} {sink.status()!r} {sink.status().trouble} {caplog.text} {threading.enumerate()!r}"
    assert PLANTED not in shown
    assert PLANTED not in "".join(there.received())


def test_the_end_of_what_was_told_is_told(queueing: str, there: Any, story: Story):
    """An alert whose priority sank below the least one still goes off here."""
    if queueing == "email":
        return  # a mail has no end to tell
    raised = story.message(alert=1)
    over = story.message(alert=1, presence=Presence.OFF, reason=Reason.CONDITION_ENDED, priority=Priority.MEDIUM)
    unknown = story.message(alert=2, presence=Presence.OFF, reason=Reason.CONDITION_ENDED, priority=Priority.MEDIUM)
    with story.sink(there.settings(least_priority="high")) as sink:
        there.attach(sink)
        tell(story, sink, there, raised)
        sink.send(unknown)
        tell(story, sink, there, over)
    assert there.received() == [raised.message_id, over.message_id]


def test_a_sink_leaves_no_thread_behind(kind: str, there: Any, story: Story):
    before = set(threading.enumerate())
    for number in range(3):
        with story.sink(there.settings()) as sink:
            there.attach(sink)
            tell(story, sink, there, story.message(alert=number))
    end_s = time.monotonic() + 60
    while (left := [each for each in set(threading.enumerate()) - before if _ours(each)]) and time.monotonic() < end_s:
        time.sleep(0.02)
    assert left == []


def _ours(thread: threading.Thread) -> bool:
    return thread.name.startswith(("sink ", "mqtt ", "paho-mqtt-client-vigil"))
