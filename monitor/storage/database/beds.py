"""Which wards there are, which beds of one, and another name for a ward."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, select, text, update

from monitor.storage.database.tables import METADATA
from monitor.storage.database.transactions import Transactions


def wards_in(connection: Connection, table: Table) -> Iterator[str]:
    """Every ward that has rows in ``table``, found by steps over its key."""
    yield from _steps(connection, table.c.ward, [])


def beds_in(connection: Connection, table: Table, ward: str) -> Iterator[str]:
    """Every bed of ``ward`` that has rows in ``table``, found by steps over its key."""
    yield from _steps(connection, table.c.bed, [table.c.ward == ward])


def _steps(connection: Connection, column: Column[Any], within: list[ColumnElement[bool]]) -> Iterator[str]:
    last: str | None = None
    while True:
        after = [] if last is None else [column > last]
        last = connection.execute(select(column).where(*within, *after).order_by(column).limit(1)).scalar()
        if last is None:
            return
        yield last


def known_wards(transactions: Transactions) -> list[str]:
    """Every ward that has records, by name."""
    with transactions.read() as connection:
        return sorted({ward for table in _WITH_WARDS for ward in wards_in(connection, table)})


def rename_ward(transactions: Transactions, old: str, new: str) -> int:
    """Give every record of ``old`` to ``new``, which has none; returns how many. All or nothing."""
    with transactions.sure() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        renamed = (update(table).where(table.c.ward == old).values(ward=new) for table in _WITH_WARDS)
        return sum(connection.execute(each).rowcount for each in renamed)


_WITH_WARDS = tuple(table for table in METADATA.sorted_tables if "ward" in table.c)
