"""What goes when it is old enough, or when the database grows too large: in small batches, so that alerts get through.

By age: seconds, minutes, pictures, alerts (with their evidence and configuration changes), sessions. By size: the
oldest pictures and seconds, then the oldest minutes and evidence; alerts never. A ward removes its own alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, func, select

from monitor.storage.database.beds import beds_in
from monitor.storage.database.engines import is_sqlite
from monitor.storage.database.sizes import live_bytes, row_bytes
from monitor.storage.database.tables import (
    CONFIGURATION_CHANGES,
    EVIDENCE,
    OUTBOX,
    PICTURES,
    SESSIONS,
    TRANSITIONS,
    TREND_MINUTES,
    TREND_SECONDS,
)
from monitor.storage.database.transactions import Transactions
from monitor.ward.service import StorageSettings

BATCH_ROWS = 2000
BATCH_PICTURES = 50
VACUUM_PAGES = 256
"""Pages that SQLite gives back at a time: 1 MiB."""
SLACK = 0.05
"""Share of free pages that is left: the next rows need them."""
DOWN_TO = 0.95
"""A database that is too large is cut to this share of what is allowed, so that it is not cut every hour."""
OUTBOX_DAYS = 30.0
"""Messages, and ids of delivered ones, are forgotten after this, also those of a sink that is no longer set."""
_INCREMENTAL = 2
_KEYED_BY_BED = (TREND_SECONDS, TREND_MINUTES)

Gone = Mapping[str, int]
"""How many rows went, by table."""


def kept_since(settings: StorageSettings, now_at: datetime) -> dict[Table, datetime]:
    """Per table the moment before which everything goes."""
    days = {
        PICTURES: settings.pixels_kept_days,
        TREND_SECONDS: settings.seconds_kept_days,
        TREND_MINUTES: settings.minutes_kept_days,
        TRANSITIONS: settings.alerts_kept_days,
        EVIDENCE: settings.alerts_kept_days,
        CONFIGURATION_CHANGES: settings.alerts_kept_days,
        OUTBOX: OUTBOX_DAYS,
    }
    return {table: now_at - timedelta(days=length) for table, length in days.items()}


def due(connection: Connection, ward: str, settings: StorageSettings, now_at: datetime) -> Gone:
    """How many rows of ``ward`` in each table have come of age."""
    return {
        table.name: connection.execute(
            select(func.count()).where(table.c.ward == ward, table.c.at < since)
        ).scalar_one()
        for table, since in kept_since(settings, now_at).items()
    }


class Retention:
    """Applies the ``settings`` of ``ward`` step by step; every ``next`` does one batch in a transaction of its own."""

    def __init__(self, transactions: Transactions, ward: str, settings: StorageSettings) -> None:
        self._transactions = transactions
        self._ward = ward
        self._settings = settings

    def steps(self, now_at: datetime) -> Iterator[Gone]:
        """All batches there are to do; what went in each. DatabaseTrouble."""
        for table, since in kept_since(self._settings, now_at).items():
            yield from self._older(table, since)
        yield self._sessions(now_at)
        yield from self._too_large()
        yield from self._shrink()

    def _older(self, table: Table, since: datetime) -> Iterator[Gone]:
        conditions: list[ColumnElement[bool]] = [table.c.ward == self._ward, table.c.at < since]
        if table not in _KEYED_BY_BED:
            yield from self._batches(table, conditions)
            return
        with self._transactions.read() as connection:
            beds = list(beds_in(connection, table, self._ward))
        for bed in beds:
            yield from self._batches(table, [table.c.bed == bed, *conditions])

    def _batches(self, table: Table, conditions: list[ColumnElement[bool]]) -> Iterator[Gone]:
        """Remove what fulfils ``conditions``, the oldest first, a batch at a time."""
        rows = BATCH_PICTURES if table in (PICTURES, EVIDENCE) else BATCH_ROWS
        while True:
            with self._transactions.quick() as connection:
                oldest = select(table.c.at).where(*conditions).order_by(table.c.at)
                cut = connection.execute(oldest.offset(rows - 1).limit(1)).scalar()
                upto = [] if cut is None else [table.c.at <= cut]
                count = connection.execute(delete(table).where(*conditions, *upto)).rowcount
            if count:
                yield {table.name: count}
            if cut is None:
                return

    def _too_large(self) -> Iterator[Gone]:
        allowed = self._settings.largest_mib << 20
        live = live_bytes(self._transactions, self._ward)
        if live <= allowed:
            return
        while live > allowed * DOWN_TO:
            gone, freed = self._oldest_batch()
            if not gone:
                return
            yield gone
            live = live_bytes(self._transactions, self._ward) if is_sqlite(self._transactions.url) else live - freed

    def _oldest_batch(self) -> tuple[Gone, int]:
        """Remove the oldest pictures and seconds, else minutes and evidence; rows and about how many bytes."""
        with self._transactions.quick() as connection:
            for tables, span in (
                ((PICTURES, TREND_SECONDS), timedelta(minutes=5)),
                ((TREND_MINUTES, EVIDENCE), timedelta(hours=6)),
            ):
                begins = [at for at in (_oldest(connection, table, self._ward) for table in tables) if at is not None]
                if begins:
                    return self._before(connection, tables, min(begins) + span)
        return {}, 0

    def _before(self, connection: Connection, tables: tuple[Table, ...], end: datetime) -> tuple[Gone, int]:
        gone, freed = {}, 0
        for table in tables:
            size = 0 if is_sqlite(self._transactions.url) else row_bytes(connection, table)
            count = 0
            for condition in _reached_by_key(connection, table, self._ward):
                count += connection.execute(delete(table).where(condition, table.c.at < end)).rowcount
            gone[table.name] = count
            freed += count * size
        return gone, freed

    def _sessions(self, now_at: datetime) -> Gone:
        """Log-ins at the page that have run out."""
        with self._transactions.quick() as connection:
            return {SESSIONS.name: connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at < now_at)).rowcount}

    def _shrink(self) -> Iterator[Gone]:
        """Give free pages back, but some. PostgreSQL does that by itself (autovacuum)."""
        if not is_sqlite(self._transactions.url):
            return
        while True:
            with self._transactions.read() as connection:
                pages, free, kind = (
                    int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
                    for name in ("page_count", "freelist_count", "auto_vacuum")
                )
            if kind != _INCREMENTAL or free <= max(VACUUM_PAGES, SLACK * pages):
                return
            self._transactions.outside(f"PRAGMA incremental_vacuum({VACUUM_PAGES})")
            yield {}


def _oldest(connection: Connection, table: Table, ward: str) -> datetime | None:
    found = (
        connection.execute(select(func.min(table.c.at)).where(condition)).scalar()
        for condition in _reached_by_key(connection, table, ward)
    )
    return min((at for at in found if at is not None), default=None)


def _reached_by_key(connection: Connection, table: Table, ward: str) -> list[ColumnElement[bool]]:
    """Conditions that together mean every row of ``ward``; each lets the table's key or index find the oldest."""
    if table in _KEYED_BY_BED:
        return [and_(table.c.ward == ward, table.c.bed == bed) for bed in beds_in(connection, table, ward)]
    return [table.c.ward == ward]
