"""What can be taken out of the database for people with a notebook or a spreadsheet, read in short transactions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, Integer, Select, Table, func, select

from monitor.alerts.topics import Reason
from monitor.storage.database.beds import beds_in, wards_in
from monitor.storage.database.column_types import Real, UtcMoment
from monitor.storage.database.sheets import Columns, Page, SheetFormat, new_sheet
from monitor.storage.database.tables import CONFIGURATION_CHANGES, TRANSITIONS, TREND_MINUTES, TREND_SECONDS
from monitor.storage.database.transactions import Transactions

PAGE_ROWS = 5000
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(9000, 1, 1, tzinfo=UTC)
_EMOTION = "emotion_"
_INNER = {"id", "alert_number", "emotions"}
"""Columns that are not written as they are."""


class What(StrEnum):
    """What is written."""

    TRENDS = "trends"
    MINUTES = "minutes"
    ALERTS = "alerts"
    ACKNOWLEDGEMENTS = "acknowledgements"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is written, from ``begin`` to before ``end``, of ``ward`` or (None) of all."""

    what: What
    ward: str | None = None
    begin: datetime = FIRST
    end: datetime = LAST


def export(
    transactions: Transactions, wanted: Wanted, target: Path, kind: SheetFormat, told: Callable[[int], None]
) -> int:
    """Write ``wanted`` to ``target``; returns how many rows. ``told`` hears of the rows of each page.

    DatabaseTrouble, OutputError. Emotions become columns of their own where any were stored.
    """
    table = _table(wanted.what)
    emotions = sorted(_emotions(transactions, wanted)) if "emotions" in table.c else []
    columns = {column.name: _kind(column) for column in table.columns if column.name not in _INNER}
    columns |= {f"{_EMOTION}{name}": float for name in emotions}
    total = 0
    with new_sheet(target, kind, columns) as sheet:
        for page in _pages(transactions, wanted):
            sheet.write([_spread(row, columns) for row in page])
            total += len(page)
            told(len(page))
    return total


def count(transactions: Transactions, wanted: Wanted) -> int:
    """How many rows ``wanted`` has."""
    with transactions.read() as connection:
        return connection.execute(select(func.count()).where(*_conditions(wanted))).scalar_one()


def _pages(transactions: Transactions, wanted: Wanted) -> Iterator[Page]:
    """Rows as mappings: trends bed by bed, the others as they were recorded. Each page is a transaction of its own."""
    table, conditions = _table(wanted.what), _conditions(wanted)
    if "id" in table.c:
        yield from _walk(transactions, select(table).where(*conditions), table.c.id)
        return
    with transactions.read() as connection:
        wards = list(wards_in(connection, table)) if wanted.ward is None else [wanted.ward]
        beds = [(ward, bed) for ward in wards for bed in beds_in(connection, table, ward)]
    for ward, bed in beds:
        of_bed = select(table).where(table.c.ward == ward, table.c.bed == bed, *conditions)
        yield from _walk(transactions, of_bed, table.c.at)


def _walk(transactions: Transactions, query: Select[Any], key: Column[Any]) -> Iterator[Page]:
    last: Any = None
    while True:
        page = query if last is None else query.where(key > last)
        with transactions.read() as connection:
            rows = [dict(row._mapping) for row in connection.execute(page.order_by(key).limit(PAGE_ROWS))]
        if rows:
            last = rows[-1][key.name]
            yield rows
        if len(rows) < PAGE_ROWS:
            return


def _emotions(transactions: Transactions, wanted: Wanted) -> set[str]:
    """Names of all emotions that ``wanted`` has; mostly none, and then one look is enough."""
    table = _table(wanted.what)
    stored = select(table.c.at).where(table.c.emotions.is_not(None), *_conditions(wanted)).limit(1)
    with transactions.read() as connection:
        if connection.execute(stored).first() is None:
            return set()
    rows = (row for page in _pages(transactions, wanted) for row in page if row["emotions"] is not None)
    return {name for row in rows for name in json.loads(row["emotions"])}


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    table = _table(wanted.what)
    conditions: list[ColumnElement[bool]] = [table.c.at >= wanted.begin, table.c.at < wanted.end]
    if wanted.ward is not None:
        conditions.append(table.c.ward == wanted.ward)
    if wanted.what is What.ALERTS:
        conditions.append(table.c.alert_id.is_not(None))
    if wanted.what is What.ACKNOWLEDGEMENTS:
        conditions.append(table.c.reason.in_([Reason.ACKNOWLEDGED.value, Reason.VERDICT_GIVEN.value]))
    return conditions


def _table(what: What) -> Table:
    return {
        What.TRENDS: TREND_SECONDS,
        What.MINUTES: TREND_MINUTES,
        What.ALERTS: TRANSITIONS,
        What.ACKNOWLEDGEMENTS: TRANSITIONS,
        What.CONFIGURATION: CONFIGURATION_CHANGES,
    }[what]


def _kind(column: Column[Any]) -> type:
    kinds = {UtcMoment: datetime, Real: float, Boolean: bool, Integer: int, BigInteger: int}
    return next((kind for sort, kind in kinds.items() if isinstance(column.type, sort)), str)


def _spread(row: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    stored = row.get("emotions")
    known = {} if stored is None else {f"{_EMOTION}{name}": share for name, share in json.loads(stored).items()}
    return {name: row[name] if name in row else known.get(name) for name in columns}
