"""Trends in the database: a row a bed and second, rolled up to minutes as soon as a minute is over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, delete, select

from monitor.records import CannotAssess, Level
from monitor.storage.database.inserting import insert_once, insert_or_replace
from monitor.storage.database.minute_row import MinuteRow, minute_of, rolled_up
from monitor.storage.database.tables import OPEN_MINUTES, TREND_MINUTES, TREND_SECONDS
from monitor.storage.database.transactions import Transactions
from monitor.storage.database.trend_row import TrendRow

_MINUTE = timedelta(minutes=1)
_KEY = ("ward", "bed", "at")


class Trends:
    """Writes and reads trends of ``ward``. ``emotion_scores``: whether emotions are kept (privacy.emotion_scores)."""

    def __init__(self, transactions: Transactions, ward: str, *, emotion_scores: bool) -> None:
        self._transactions = transactions
        self._ward = ward
        self.emotion_scores = emotion_scores
        self._newest: dict[str, datetime] = {}
        self._undone = transactions.undone

    def put(self, rows: Sequence[TrendRow]) -> None:
        """Keep ``rows``; a second that is there already is replaced. Minutes that are over are rolled up."""
        if not rows:
            return
        if self._undone != self._transactions.undone:
            self._newest, self._undone = {}, self._transactions.undone
        minutes = {(row.bed, minute_of(row.at.astimezone(UTC))) for row in rows}
        begun = [(bed, at) for bed, at in sorted(minutes) if self._newest.get(bed) != at]
        with self._transactions.quick() as connection:
            connection.execute(insert_or_replace(connection, TREND_SECONDS, _KEY), [self._values(row) for row in rows])
            if begun:
                opened = [{"ward": self._ward, "bed": bed, "at": at} for bed, at in begun]
                connection.execute(insert_once(connection, OPEN_MINUTES), opened)
                for bed in dict.fromkeys(bed for bed, _ in begun):
                    self._roll_up(connection, bed, {at for other, at in begun if other == bed})
        self._newest.update(begun)

    def roll_up(self, now_at: datetime) -> int:
        """Roll up what an earlier run, or a bed that is no longer watched, left open; how many minutes that were."""
        with self._transactions.quick() as connection:
            own = select(OPEN_MINUTES.c.bed).where(OPEN_MINUTES.c.ward == self._ward).distinct()
            beds = connection.execute(own).scalars().all()
            return sum(self._roll_up(connection, bed, {minute_of(now_at.astimezone(UTC))}) for bed in beds)

    def _roll_up(self, connection: Connection, bed: str, going_on: set[datetime]) -> int:
        """Count every open minute of ``bed`` but those that are still ``going_on``."""
        own = [OPEN_MINUTES.c.ward == self._ward, OPEN_MINUTES.c.bed == bed]
        query = select(OPEN_MINUTES.c.at).where(*own).order_by(OPEN_MINUTES.c.at)
        over = [at for at in connection.execute(query).scalars() if at not in going_on]
        for at in over:
            seconds = _between(TREND_SECONDS, self._ward, bed, at, at + _MINUTE)
            rows = [_trend_row(row) for row in connection.execute(seconds)]
            if rows and len(rows) >= self._counted(connection, bed, at):
                values = {"ward": self._ward, **asdict(rolled_up(rows))}
                values["emotions"] = _as_json(values["emotions"])
                connection.execute(insert_or_replace(connection, TREND_MINUTES, _KEY), values)
            connection.execute(delete(OPEN_MINUTES).where(*own, OPEN_MINUTES.c.at == at))
        return len(over)

    def seconds(self, bed: str, begin: datetime, end: datetime) -> list[TrendRow]:
        """The rows of ``bed`` from ``begin`` to before ``end``, in order."""
        query = _between(TREND_SECONDS, self._ward, bed, begin, end)
        with self._transactions.read() as connection:
            return [_trend_row(row) for row in connection.execute(query)]

    def minutes(self, bed: str, begin: datetime, end: datetime) -> list[MinuteRow]:
        """The minutes of ``bed`` that begin from ``begin`` to before ``end``, in order."""
        query = _between(TREND_MINUTES, self._ward, bed, begin, end)
        with self._transactions.read() as connection:
            return [_minute_row(row) for row in connection.execute(query)]

    def _values(self, row: TrendRow) -> dict[str, Any]:
        emotions = row.emotions if self.emotion_scores else None
        return {
            "ward": self._ward,
            "bed": row.bed,
            "at": row.at,
            "level": row.level.value,
            "score": row.score,
            "confidence": row.confidence,
            "coverage": row.coverage,
            "pspi": row.pspi,
            "cannot_assess": row.cannot_assess.value if row.cannot_assess else None,
            "mu": row.mu,
            "fps": row.fps,
            "emotions": _as_json(emotions),
        }

    def _counted(self, connection: Connection, bed: str, at: datetime) -> int:
        """How many seconds the minute stands for already; fewer (the others were pruned) do not replace it."""
        minutes = TREND_MINUTES.c
        query = select(minutes.seconds).where(minutes.ward == self._ward, minutes.bed == bed, minutes.at == at)
        return connection.execute(query).scalar() or 0


def _between(table: Table, ward: str, bed: str, begin: datetime, end: datetime) -> Select[Any]:
    """A bed's rows from ``begin`` to before ``end``, in order."""
    of_bed = select(table).where(table.c.ward == ward, table.c.bed == bed)
    return of_bed.where(table.c.at >= begin, table.c.at < end).order_by(table.c.at)


def _trend_row(row: Row[Any]) -> TrendRow:
    values = _read(row)
    return TrendRow(**{**values, "level": Level(values["level"])})


def _minute_row(row: Row[Any]) -> MinuteRow:
    return MinuteRow(**_read(row))


def _read(row: Row[Any]) -> dict[str, Any]:
    values = dict(row._mapping)
    del values["ward"]
    values["cannot_assess"] = None if values["cannot_assess"] is None else CannotAssess(values["cannot_assess"])
    values["emotions"] = None if values["emotions"] is None else json.loads(values["emotions"])
    return values


def _as_json(emotions: Mapping[str, float] | None) -> str | None:
    if emotions is None:
        return None
    return json.dumps({name: round(share, 4) for name, share in emotions.items()}, separators=(",", ":"))
