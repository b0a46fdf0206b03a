"""How each ward of a fleet is now, for the pages of the others: one row a ward, replaced every few seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from monitor.storage.database.inserting import insert_or_replace
from monitor.storage.database.tables import WARD_SNAPSHOTS
from monitor.storage.database.transactions import Transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class WardSnapshot:
    """``document`` is JSON of ``monitor.service.status.ward_status`` as it was at ``at``."""

    ward: str
    at: datetime
    document: str


class WardSnapshots:
    """Writes the snapshot of ``ward`` and reads those of the others."""

    def __init__(self, transactions: Transactions, ward: str) -> None:
        self._transactions = transactions
        self._ward = ward

    def put(self, at: datetime, document: str) -> None:
        """Take the place of the one before."""
        values = {"ward": self._ward, "at": at, "document": document}
        with self._transactions.quick() as connection:
            connection.execute(insert_or_replace(connection, WARD_SNAPSHOTS, ("ward",)), values)

    def others(self) -> list[WardSnapshot]:
        """The newest of every other ward, by name; ``at`` tells whether that one still lives."""
        query = select(WARD_SNAPSHOTS).where(WARD_SNAPSHOTS.c.ward != self._ward).order_by(WARD_SNAPSHOTS.c.ward)
        with self._transactions.read() as connection:
            return [WardSnapshot(**row._mapping) for row in connection.execute(query)]
