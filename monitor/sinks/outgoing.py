"""What a sink still has to deliver: the outbox, what of it is under way, and memory for when the outbox fails."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.errors import InputError, VigilError
from monitor.sinks.message import AlertMessage
from monitor.sinks.outbox import Outbox, OutboxMessage

LATE_AFTER_S = 30.0
"""A message that waited longer for its receiver is marked late."""
MOST_IN_MEMORY = 1000
_AGAIN_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A message to hand over. ``put_s`` is when this run put it (monotonic), None for what an earlier one left."""

    message_id: str
    at: datetime
    body: str
    put_s: float | None

    def message(self, now_s: float, now_at: datetime) -> AlertMessage:
        """The message as it is to be told now. InputError when the outbox holds something else."""
        waited_s = (now_at - self.at).total_seconds() if self.put_s is None else now_s - self.put_s
        late = not 0.0 <= waited_s <= LATE_AFTER_S
        message = AlertMessage.from_json(self.body)
        return message.marked_late() if late else message


class Outgoing:
    """Messages of one sink in order. Whatever happens to the outbox, the newest are delivered from memory.

    Only the thread that owns the outbox calls it. ``trouble`` says what is wrong with the outbox, None when nothing.
    """

    def __init__(self, outbox: Outbox, *, most_messages: int, most_age_s: float) -> None:
        self.trouble: str | None = None
        self._outbox = outbox
        self._most = min(most_messages, MOST_IN_MEMORY)
        self._age_s = most_age_s
        self._memory: OrderedDict[str, Item] = OrderedDict()
        self._beyond_memory = True
        """Whether the outbox may hold what memory does not."""
        self._under_way: set[str] = set()
        self._unmarked: dict[str, None] = {}
        self._again_s = float("-inf")
        self._dropped: Counter[str] = Counter()
        self._steady: tuple[float, datetime] | None = None
        """Both clocks at the first look: the one on the wall may jump, and waiting has not grown by that."""
        self._kept_drops: Mapping[str, int] | None = None
        """What the outbox counts; asked again when it may have changed."""

    def put(self, message: AlertMessage, now_s: float) -> None:
        """Keep ``message`` until it is settled; the same id again changes nothing."""
        if message.message_id in self._memory or message.message_id in self._unmarked:
            return
        kept = OutboxMessage(message_id=message.message_id, at=message.at, body=message.to_json())
        self._kept_drops = None
        try:
            new = self._outbox.put(kept)
            self.trouble = None
        except VigilError as error:
            self._fail(error, now_s)
        else:
            if not new:  # delivered before, or left by an earlier run and still to be delivered from there
                self._beyond_memory = True
                return
        self._memory[kept.message_id] = Item(message_id=kept.message_id, at=kept.at, body=kept.body, put_s=now_s)
        self._forget_oldest()

    def take(self, most: int, now_s: float, now_at: datetime) -> list[Item]:
        """The oldest messages that are not under way, in order, so that at most ``most`` are; they now are."""
        room = most - len(self._under_way)
        if room <= 0:
            return []
        found = [item for item in self._candidates(most, now_s, now_at) if item.message_id not in self._under_way]
        taken = found[:room]
        self._under_way.update(item.message_id for item in taken)
        return taken

    def settle(self, message_ids: Collection[str], now_s: float) -> None:
        """These arrived or were given up; they are not taken again."""
        for message_id in message_ids:
            self._under_way.discard(message_id)
            self._memory.pop(message_id, None)
            self._unmarked[message_id] = None
        if not self._unmarked or (self.trouble is not None and now_s < self._again_s):
            return
        try:
            self._outbox.delivered(list(self._unmarked))
            self._unmarked.clear()
            self.trouble = None
        except VigilError as error:
            self._fail(error, now_s)

    def give_up(self, message_id: str, cause: str, now_s: float) -> None:
        """``message_id`` will never be delivered."""
        self._dropped[cause] += 1
        self.settle([message_id], now_s)

    def return_all(self) -> None:
        """Nothing is under way any more: what was is taken again, in order."""
        self._under_way.clear()

    @property
    def under_way(self) -> int:
        """How many messages are handed over and not settled."""
        return len(self._under_way)

    def waiting(self) -> int:
        """How many messages are not delivered; those that memory knows when the outbox does not answer."""
        if not self._beyond_memory:
            return len(self._memory)
        try:
            return max(len(self._memory), self._outbox.waiting - len(self._unmarked))
        except VigilError:
            return len(self._memory)

    def dropped(self) -> Mapping[str, int]:
        """How many messages will never be delivered, by cause."""
        if self._kept_drops is None:
            try:
                self._kept_drops = {str(cause): count for cause, count in self._outbox.dropped.items() if count}
            except VigilError:
                return dict(self._dropped)
        return {**self._kept_drops, **self._dropped}

    def _steadily(self, now_s: float, now_at: datetime) -> datetime:
        """The present moment, but not later than time has passed since the first look."""
        if self._steady is None:
            self._steady = now_s, now_at
        began_s, began_at = self._steady
        return min(now_at, began_at + timedelta(seconds=now_s - began_s))

    def _candidates(self, most: int, now_s: float, now_at: datetime) -> list[Item]:
        if self._beyond_memory and now_s >= self._again_s:
            self._kept_drops = None
            try:
                pending = self._outbox.pending(most + len(self._unmarked), self._steadily(now_s, now_at))
                self.trouble = None
            except VigilError as error:
                self._fail(error, now_s)
            else:
                left = [self._item(message) for message in pending if message.message_id not in self._unmarked]
                known = {item.message_id for item in left}
                self._beyond_memory = any(message_id not in self._memory for message_id in known)
                if self._beyond_memory:  # what memory alone holds is younger
                    return left + [item for key, item in self._memory.items() if key not in known]
        young = {key: item for key, item in self._memory.items() if now_s - (item.put_s or 0.0) <= self._age_s}
        for key in [key for key in self._memory if key not in young and key not in self._under_way]:
            del self._memory[key]
            self._beyond_memory = True  # the outbox drops and counts it by its own age
        return list(young.values())

    def _item(self, message: OutboxMessage) -> Item:
        known = self._memory.get(message.message_id)
        return known or Item(message_id=message.message_id, at=message.at, body=message.body, put_s=None)

    def _forget_oldest(self) -> None:
        for key in [key for key in self._memory if key not in self._under_way]:
            if len(self._memory) <= self._most:
                return
            del self._memory[key]
            self._beyond_memory = True
            if self.trouble is not None:
                self._dropped["outbox_failed"] += 1

    def _fail(self, error: VigilError, now_s: float) -> None:
        self.trouble = f"the outbox fails, messages are kept in memory alone: {error}"
        self._again_s = now_s + _AGAIN_S


def readable(item: Item, now_s: float, now_at: datetime) -> AlertMessage | None:
    """The message of ``item``; None when it cannot be read."""
    try:
        return item.message(now_s, now_at)
    except InputError:
        return None
