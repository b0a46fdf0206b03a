"""What a sink still has to deliver: in order and once, whatever happens to the outbox behind it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sink_story import Story

from monitor.errors import OutputFull
from monitor.sinks.outbox import MemoryOutbox, OutboxMessage
from monitor.sinks.outgoing import LATE_AFTER_S, MOST_IN_MEMORY, Outgoing, readable
from monitor.storage.database.database import Database


class FailingOutbox(MemoryOutbox):
    """As if the disk were full for a while."""

    fails = False

    def put(self, *messages: OutboxMessage) -> int:
        self._look()
        return super().put(*messages)

    def pending(self, limit: int = 100, now_at: datetime | None = None) -> list[OutboxMessage]:
        self._look()
        return super().pending(limit, now_at)

    def delivered(self, message_ids: Collection[str]) -> None:
        self._look()
        super().delivered(message_ids)

    def _look(self) -> None:
        if self.fails:
            raise OutputFull("no room left")


def outgoing(outbox: MemoryOutbox, most: int = 10_000, age_s: float = 1000.0) -> Outgoing:
    return Outgoing(outbox, most_messages=most, most_age_s=age_s)


class Post:
    """Takes and settles as a sink does; ``had`` is what it delivered."""

    def __init__(self, to: Outgoing, story: Story) -> None:
        self.to, self.story, self.had = to, story, list[str]()

    def put(self, *alerts: int) -> list[str]:
        told = [self.story.message(alert=number) for number in alerts]
        for message in told:
            self.to.put(message, self.story.clock.now_s())
        return [message.message_id for message in told]

    def run(self, most: int = 20) -> None:
        while taken := self.to.take(most, self.story.clock.now_s(), self.story.clock.now_at()):
            self.had += [item.message_id for item in taken]
            self.to.settle([item.message_id for item in taken], self.story.clock.now_s())


def test_a_failing_outbox_loses_nothing():
    outbox = FailingOutbox(100)
    post = Post(outgoing(outbox), Story())
    ids = post.put(1, 2)
    outbox.fails = True
    ids += post.put(3, 4)
    assert post.to.trouble == "the outbox fails, messages are kept in memory alone: no room left"
    post.run(most=3)
    assert post.had == ids
    assert outbox.waiting == 2, "nobody could tell it yet"
    outbox.fails = False
    post.story.clock.offset_s += 10
    ids += post.put(5)
    post.run()
    assert post.to.trouble is None
    assert post.had == ids
    assert outbox.waiting == 0
    assert post.to.waiting() == 0


def test_what_was_delivered_while_it_failed_is_not_delivered_again():
    outbox = FailingOutbox(100)
    post = Post(outgoing(outbox), Story())
    ids = post.put(1)
    outbox.fails = True
    post.run()
    outbox.fails = False
    post.run()
    post.story.clock.offset_s += 10
    post.run()
    ids += post.put(2)
    post.run()
    assert post.had == ids


def test_a_transaction_that_is_undone_loses_no_message(tmp_path: Path):
    database = Database.open(f"sqlite:////{tmp_path / 'vigil.sqlite'}")
    story = Story()
    post = Post(Outgoing(database.outbox("there", 100, 1000.0), most_messages=100, most_age_s=1000.0), story)
    ids: list[str] = []
    try:
        with database.together():
            ids += post.put(1, 2)
            raise KeyError("something else went wrong")
    except KeyError:
        pass
    post.run()
    assert post.had == ids
    database.close()


def test_the_same_message_twice_is_one_also_when_it_went_long_ago(tmp_path: Path):
    story = Story()
    database = Database.open(f"sqlite:////{tmp_path / 'vigil.sqlite'}")
    message = story.message()
    had: list[str] = []
    for _ in range(2):  # a run, and the next
        post = Post(Outgoing(database.outbox("there", 100, 1000.0), most_messages=100, most_age_s=1000.0), story)
        for _ in range(2):
            post.to.put(message, story.clock.now_s())
            post.run()
        had += post.had
    assert had == [message.message_id]
    database.close()


def test_more_than_memory_holds_comes_from_the_outbox_in_order():
    outbox = MemoryOutbox(10_000)
    post = Post(outgoing(outbox), Story())
    ids = post.put(*range(MOST_IN_MEMORY + 500))
    assert len(post.to._memory) == MOST_IN_MEMORY
    post.run(most=30)
    assert post.had == ids
    assert post.to.dropped() == {}


def test_the_bound_drops_the_oldest_and_counts_them():
    post = Post(outgoing(MemoryOutbox(10), most=10), Story())
    ids = post.put(*range(25))
    assert post.to.waiting() == 10
    post.run()
    assert post.had == ids[-10:]
    assert post.to.dropped() == {"too_many": 15}


def test_what_is_under_way_is_not_taken_twice_and_returns_in_order():
    post = Post(outgoing(MemoryOutbox(100)), Story())
    ids = post.put(1, 2, 3, 4)
    now_s, now_at = post.story.clock.now_s(), post.story.clock.now_at()
    assert [item.message_id for item in post.to.take(2, now_s, now_at)] == ids[:2]
    assert post.to.take(2, now_s, now_at) == []
    assert post.to.under_way == 2
    post.to.settle([ids[0]], now_s)
    post.to.return_all()
    post.run()
    assert post.had == ids[1:]


def test_lateness_is_of_waiting_not_of_clocks():
    story = Story()
    post = Post(outgoing(MemoryOutbox(100)), story)
    post.put(1)
    (item,) = post.to.take(1, story.clock.now_s(), story.clock.now_at())
    far = story.clock.now_at().replace(year=1970)
    for now_at in (story.clock.now_at(), far):
        fresh, waited = (
            readable(item, story.clock.now_s(), now_at),
            readable(item, story.clock.now_s() + LATE_AFTER_S + 1, now_at),
        )
        assert fresh is not None
        assert waited is not None
        assert (fresh.late, waited.late) == (False, True)


def test_what_an_earlier_run_left_is_late_by_the_clock_on_the_wall():
    story, outbox = Story(), MemoryOutbox(100)
    Post(outgoing(outbox), story).put(1)
    for passed_s, late in ((1.0, False), (LATE_AFTER_S + 1, True), (-3600.0, True)):
        story.clock.offset_s = passed_s
        (item,) = outgoing(outbox).take(1, story.clock.now_s(), story.clock.now_at())
        message = readable(item, story.clock.now_s(), story.clock.now_at())
        assert message is not None
        assert message.late is late


def test_too_old_messages_go_by_the_time_that_passed():
    story = Story()
    post = Post(outgoing(MemoryOutbox(100), age_s=60.0), story)
    post.to._beyond_memory = False
    post.put(1)
    story.clock.offset_s += 61
    (young,) = post.put(2)
    assert [item.message_id for item in post.to._candidates(20, story.clock.now_s(), story.clock.now_at())] == [young]


@pytest.mark.parametrize("jump_s", [3600.0, 86_400.0, 56 * 365 * 86_400.0, -86_400.0, -56 * 365 * 86_400.0])
def test_a_clock_that_jumps_makes_no_message_too_old(jump_s: float):
    """A machine without a battery begins in 1970 and learns better; an age limit is no reason to lose what waits."""
    story, outbox = Story(), MemoryOutbox(100)
    aging: list[datetime] = []
    pending = outbox.pending
    outbox.pending = lambda limit=100, now_at=None: aging.append(now_at) or pending(limit, now_at)  # type: ignore[method-assign]
    post = outgoing(outbox, age_s=60.0)
    begun_s, begun_at = story.clock.now_s(), story.clock.now_at()
    for passed_s, wrong_s in ((0.0, 0.0), (10.0, jump_s), (70.0, 0.0)):
        post._beyond_memory = True
        post.take(1, begun_s + passed_s, begun_at + timedelta(seconds=passed_s + wrong_s))
    aged = [(at - begun_at).total_seconds() for at in aging]
    assert aged == [0.0, min(10.0, 10.0 + jump_s), 70.0]


def test_garbage_in_the_outbox_is_passed_over():
    story, outbox = Story(), MemoryOutbox(100)
    outbox.put(OutboxMessage(message_id="x", at=story.clock.now_at(), body="{"))
    (item,) = outgoing(outbox).take(1, story.clock.now_s(), story.clock.now_at())
    assert readable(item, story.clock.now_s(), story.clock.now_at()) is None
