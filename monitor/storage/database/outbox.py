"""Messages that wait for a sink: in order, on the disk, bounded by count and age, no id twice, every drop counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from monitor.errors import VigilError
from monitor.storage.database.inserting import insert_once, insert_or_replace
from monitor.storage.database.tables import OUTBOX, OUTBOX_DROPS
from monitor.storage.database.transactions import Transactions


class InvalidMessage(VigilError):
    """A message was built with values that cannot be sent."""


class Dropped(StrEnum):
    """Why a message was given up before it was delivered."""

    TOO_MANY = "too_many"
    TOO_OLD = "too_old"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """``message_id`` is the sink's own, unique for ever; ``at`` is when it came about; ``body`` is what is sent."""

    message_id: str
    at: datetime
    body: str

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise InvalidMessage("at must carry a time zone")


class Outbox:
    """The messages of one sink of ``ward``. Everything raises DatabaseTrouble; ``together`` is joined."""

    def __init__(self, transactions: Transactions, ward: str, sink: str, most_messages: int, most_age_s: float) -> None:
        self._transactions = transactions
        self._ward = ward
        self._sink = sink
        self._most = most_messages
        self._age = timedelta(seconds=most_age_s)
        self._waiting: int | None = None
        self._undone = transactions.undone

    def put(self, *messages: OutboxMessage) -> int:
        """Keep messages until they are delivered. One whose id was put before, delivered or not, is passed over.

        Where there are too many the oldest are dropped and counted. How many were new is the answer.
        """
        if not messages:
            return 0
        with self._transactions.sure() as connection:
            waiting = self._count(connection)
            values = [
                {
                    "ward": self._ward,
                    "sink": self._sink,
                    "message_id": message.message_id,
                    "at": message.at,
                    "body": message.body,
                }
                for message in messages
            ]
            new = sum(connection.execute(insert_once(connection, OUTBOX), value).rowcount for value in values)
            self._waiting = waiting = waiting + new
            if waiting > self._most:
                self._waiting = None  # to drop one too many is worse than to count once more
                waiting = self._count(connection)
                self._waiting = waiting - self._drop_beyond(connection, waiting - self._most)
        return new

    def pending(self, limit: int = 100, now_at: datetime | None = None) -> list[OutboxMessage]:
        """The oldest messages that wait, at most ``limit``; with ``now_at``, those that are too old are dropped first.

        They stay until ``delivered``. ``at`` tells which of them are late.
        """
        if now_at is not None:
            self._drop_old(now_at)
        query = select(OUTBOX.c.message_id, OUTBOX.c.at, OUTBOX.c.body).where(self._is_waiting())
        with self._transactions.read() as connection:
            found = connection.execute(query.order_by(OUTBOX.c.id).limit(limit)).all()
        return [OutboxMessage(message_id=name, at=at, body=body) for name, at, body in found]

    def delivered(self, message_ids: Collection[str]) -> None:
        """These arrived: their bodies go, their ids stay for a while so that none is sent again."""
        if not message_ids:
            return
        done = and_(self._is_waiting(), OUTBOX.c.message_id.in_(list(message_ids)))
        with self._transactions.sure() as connection:
            waiting = self._count(connection)
            self._waiting = waiting - connection.execute(update(OUTBOX).where(done).values(body=None)).rowcount

    @property
    def waiting(self) -> int:
        """How many messages wait."""
        with self._transactions.read() as connection:
            return self._count(connection)

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many messages were ever dropped, by cause."""
        query = select(OUTBOX_DROPS.c.cause, OUTBOX_DROPS.c.count).filter_by(ward=self._ward, sink=self._sink)
        with self._transactions.read() as connection:
            found = {str(cause): int(count) for cause, count in connection.execute(query)}
        return {cause: found.get(cause, 0) for cause in Dropped}

    def _count(self, connection: Connection) -> int:
        if self._waiting is None or self._undone != self._transactions.undone:
            self._undone = self._transactions.undone
            query = select(func.count()).select_from(OUTBOX).where(self._is_waiting())
            self._waiting = connection.execute(query).scalar_one()
        return self._waiting

    def _drop_beyond(self, connection: Connection, excess: int) -> int:
        if excess <= 0:
            return 0
        oldest = select(OUTBOX.c.id).where(self._is_waiting()).order_by(OUTBOX.c.id).limit(excess)
        return self._drop(connection, OUTBOX.c.id.in_(oldest.scalar_subquery()), Dropped.TOO_MANY)

    def _drop_old(self, now_at: datetime) -> None:
        old = and_(self._is_waiting(), OUTBOX.c.at < now_at - self._age)
        with self._transactions.read() as connection:
            if connection.execute(select(OUTBOX.c.id).where(old).limit(1)).scalar() is None:
                return
        with self._transactions.sure() as connection:
            waiting = self._count(connection)
            self._waiting = waiting - self._drop(connection, old, Dropped.TOO_OLD)

    def _drop(self, connection: Connection, which: ColumnElement[bool], cause: Dropped) -> int:
        count = connection.execute(update(OUTBOX).where(which).values(body=None)).rowcount
        key = {"ward": self._ward, "sink": self._sink, "cause": cause.value}
        before = select(OUTBOX_DROPS.c.count).filter_by(**key)
        total = (connection.execute(before).scalar() or 0) + count
        connection.execute(insert_or_replace(connection, OUTBOX_DROPS, tuple(key)), {**key, "count": total})
        return count

    def _is_waiting(self) -> ColumnElement[bool]:
        return and_(OUTBOX.c.ward == self._ward, OUTBOX.c.sink == self._sink, OUTBOX.c.body.is_not(None))
