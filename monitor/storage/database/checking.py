"""Looks a database over: is it whole, what does it hold, what will retention remove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from monitor.storage.database.engines import is_sqlite
from monitor.storage.database.retention import Gone, due
from monitor.storage.database.schema import found_schema
from monitor.storage.database.sizes import disk_bytes, live_bytes
from monitor.storage.database.tables import METADATA, OUTBOX, OUTBOX_DROPS
from monitor.storage.database.transactions import Transactions
from monitor.ward.service import StorageSettings

MOST_FAULTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a table holds; the moments are None where it knows none or is empty."""

    rows: int
    oldest: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found. ``faults`` is empty for a whole database; ``waiting`` and ``dropped`` are per sink."""

    where: str
    schema: str | None
    faults: tuple[str, ...]
    disk_bytes: int
    live_bytes: int
    allowed_bytes: int
    holdings: Mapping[str, Holding]
    due: Gone
    waiting: Mapping[str, int]
    dropped: Mapping[str, int]

    @property
    def too_large(self) -> bool:
        """Whether the oldest trends and pictures will go for their size."""
        return self.live_bytes > self.allowed_bytes


def look_over(
    transactions: Transactions, wards: Iterable[str], settings: StorageSettings, now_at: datetime
) -> Findings:
    """Read the whole database once; ``wards`` are those whose retention is foretold. DatabaseTrouble."""
    wards = list(wards)
    with transactions.read() as connection:
        waits = select(OUTBOX.c.sink, func.count()).where(OUTBOX.c.body.is_not(None)).group_by(OUTBOX.c.sink)
        drops = select(OUTBOX_DROPS.c.sink, func.sum(OUTBOX_DROPS.c.count)).group_by(OUTBOX_DROPS.c.sink)
        return Findings(
            where=transactions.where,
            schema=found_schema(connection, transactions.where),
            faults=_faults(connection) if is_sqlite(transactions.url) else (),
            disk_bytes=disk_bytes(transactions),
            live_bytes=max((live_bytes(transactions, ward) for ward in wards), default=0),
            allowed_bytes=settings.largest_mib << 20,
            holdings=_holdings(connection),
            due=_due(connection, wards, settings, now_at),
            waiting={sink: int(count) for sink, count in connection.execute(waits)},
            dropped={sink: int(count) for sink, count in connection.execute(drops)},
        )


def _due(connection: Connection, wards: Iterable[str], settings: StorageSettings, now_at: datetime) -> Gone:
    total: Counter[str] = Counter()
    for ward in wards:
        total.update(due(connection, ward, settings, now_at))
    return {table: rows for table, rows in total.items() if rows}


def _faults(connection: Connection) -> tuple[str, ...]:
    said = connection.execute(text(f"PRAGMA integrity_check({MOST_FAULTS})")).scalars().all()
    return () if said == ["ok"] else tuple(" ".join(str(fault).split()) for fault in said)


def _holdings(connection: Connection) -> dict[str, Holding]:
    """Counts every row of every table, so every page is read; PostgreSQL says when one of them is damaged."""
    holdings = {}
    for table in METADATA.sorted_tables:
        moments = (func.min(table.c.at), func.max(table.c.at)) if "at" in table.c else (text("NULL"), text("NULL"))
        rows, oldest, newest = connection.execute(select(func.count(), *moments).select_from(table)).one()
        holdings[table.name] = Holding(rows=rows, oldest=oldest, newest=newest)
    return holdings
