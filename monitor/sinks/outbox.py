"""What waits for a receiver: the interface of the database's outbox, and one in memory with the same promises."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from monitor.storage.database.outbox import OutboxMessage as OutboxMessage

_MOST_REMEMBERED = 2000


class Outbox(Protocol):
    """Messages for one sink, in the order they were put, no id twice. VigilError when they cannot be kept or read.

    ``body`` of a message is the JSON of an AlertMessage. Used from the thread that opened it.
    """

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many messages were ever given up, by cause."""

    @property
    def waiting(self) -> int:
        """How many messages are not delivered."""

    def put(self, *messages: OutboxMessage) -> int:
        """Keep messages until delivered; one whose id is known already changes nothing. How many were new."""

    def pending(self, limit: int = 100, now_at: datetime | None = None) -> list[OutboxMessage]:
        """The oldest ``limit`` messages that are not delivered, in order; with ``now_at`` the too old go first."""

    def delivered(self, message_ids: Collection[str]) -> None:
        """These need no longer be kept."""


class OpenOutbox(Protocol):
    """Opens outboxes; the database's ``outbox`` is one."""

    def __call__(self, sink: str, most_messages: int, most_age_s: float, /) -> Outbox:
        """The outbox of one sink, bounded by number and age."""


class MemoryOutbox:
    """An outbox for receivers that need none on disk: bounded, the oldest go first, counted."""

    def __init__(self, most_messages: int) -> None:
        self._most = most_messages
        self._waiting: OrderedDict[str, OutboxMessage] = OrderedDict()
        self._settled: OrderedDict[str, None] = OrderedDict()
        self._dropped: Counter[str] = Counter()

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many messages were given up, by cause."""
        return dict(self._dropped)

    @property
    def waiting(self) -> int:
        """How many messages are not delivered."""
        return len(self._waiting)

    def put(self, *messages: OutboxMessage) -> int:
        """Keep messages until delivered. How many were new."""
        known = self._waiting.keys() | self._settled.keys()
        new = [message for message in messages if message.message_id not in known]
        self._waiting.update((message.message_id, message) for message in new)
        while len(self._waiting) > self._most:
            self._settle(self._waiting.popitem(last=False)[0])
            self._dropped["too_many"] += 1
        return len(new)

    def pending(self, limit: int = 100, now_at: datetime | None = None) -> list[OutboxMessage]:
        """The oldest ``limit`` messages, in order; age counts for nothing here."""
        return [message for message, _ in zip(self._waiting.values(), range(limit), strict=False)]

    def delivered(self, message_ids: Collection[str]) -> None:
        """These need no longer be kept."""
        for message_id in message_ids:
            self._waiting.pop(message_id, None)
            self._settle(message_id)

    def _settle(self, message_id: str) -> None:
        self._settled[message_id] = None
        while len(self._settled) > _MOST_REMEMBERED:
            self._settled.popitem(last=False)
