"""How large the database is, on the disk and in what it really holds."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Table, func, select, text

from monitor.storage.database.engines import is_sqlite, sqlite_file
from monitor.storage.database.tables import METADATA, PICTURES
from monitor.storage.database.transactions import Transactions

_ROW_OVERHEAD = 60
"""Bytes that PostgreSQL spends on a row beside its columns: header, pointer, index entry."""
_SAMPLE = 1000


def disk_bytes(transactions: Transactions) -> int:
    """What the files (SQLite, with its log) or tables (PostgreSQL, with indexes) take."""
    if is_sqlite(transactions.url):
        path = sqlite_file(transactions.url)
        return sum(_file_bytes(path.with_name(path.name + ending)) for ending in ("", "-wal"))
    with transactions.read() as connection:
        return sum(_relation_bytes(connection, table) for table in METADATA.sorted_tables)


def live_bytes(transactions: Transactions, ward: str) -> int:
    """What would be left if all free room were given back: it falls with every row that goes.

    Exact for SQLite, the whole file; for PostgreSQL the counted rows of ``ward`` times the mean size of some of them.
    """
    with transactions.read() as connection:
        if is_sqlite(transactions.url):
            pages, free, page = (
                int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
                for name in ("page_count", "freelist_count", "page_size")
            )
            return (pages - free) * page
        return sum(_rows(connection, table, ward) * row_bytes(connection, table) for table in METADATA.sorted_tables)


def row_bytes(connection: Connection, table: Table) -> int:
    """The mean size of a row of ``table`` in PostgreSQL."""
    size = "t.bytes" if table is PICTURES else "pg_column_size(t.*)"
    query = text(f"SELECT coalesce(avg({size}), 0) FROM (SELECT * FROM {table.name} LIMIT {_SAMPLE}) AS t")
    return int(connection.execute(query).scalar_one()) + _ROW_OVERHEAD


def _rows(connection: Connection, table: Table, ward: str) -> int:
    of_ward = [table.c.ward == ward] if "ward" in table.c else []
    return connection.execute(select(func.count()).select_from(table).where(*of_ward)).scalar_one()


def _relation_bytes(connection: Connection, table: Table) -> int:
    query = text("SELECT coalesce(pg_total_relation_size(to_regclass(:name)), 0)")
    return int(connection.execute(query, {"name": table.name}).scalar_one())


def _file_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
