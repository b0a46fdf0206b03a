"""Which beds a table knows."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Table, select


def beds_in(connection: Connection, table: Table) -> Iterator[str]:
    """Every bed that has rows in ``table``, found by steps over its key."""
    bed = ""
    while True:
        query = select(table.c.bed).where(table.c.bed > bed).order_by(table.c.bed).limit(1)
        found = connection.execute(query).scalar()
        if found is None:
            return
        bed = found
        yield bed
