"""INSERT that may meet a row that is there already, in the words of the database at hand."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = sqlite.Insert | postgresql.Insert


def insert_once(connection: Connection, table: Table) -> Insert:
    """An INSERT that leaves a row that is there already as it is; ``rowcount`` tells whether one came."""
    statement = _insert(connection, table).on_conflict_do_nothing().inline()
    return statement.execution_options(preserve_rowcount=True)


def insert_or_replace(connection: Connection, table: Table, key: Collection[str]) -> Insert:
    """An INSERT that takes the place of the row with the same ``key`` columns."""
    statement = _insert(connection, table)
    rest = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in key}
    return statement.on_conflict_do_update(index_elements=[*key], set_=rest)


def _insert(connection: Connection, table: Table) -> Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
