"""What alerts rested on, kept as long as they are: documents without pixels, one for every time it was looked at."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from monitor.storage.database.tables import EVIDENCE
from monitor.storage.database.transactions import Transactions


class StoredEvidence:
    """Writes and reads the evidence of a ward's alerts."""

    def __init__(self, transactions: Transactions, ward: str) -> None:
        self._transactions = transactions
        self._ward = ward

    def put(self, bed: str, alert_id: str, at: datetime, document: str) -> None:
        """Keep ``document`` (JSON of ``monitor.web.heatmap_document``) for ``alert_id``; a power cut may cost it."""
        values = {"ward": self._ward, "bed": bed, "alert_id": alert_id, "at": at, "document": document}
        with self._transactions.quick() as connection:
            connection.execute(EVIDENCE.insert(), values)

    def newest(self, alert_id: str) -> str | None:
        """The document that was kept last for ``alert_id``; None when there is none."""
        query = select(EVIDENCE.c.document).filter_by(ward=self._ward, alert_id=alert_id)
        with self._transactions.read() as connection:
            found = connection.execute(query.order_by(EVIDENCE.c.id.desc()).limit(1)).scalar()
        return None if found is None else str(found)

    def known(self, alert_ids: list[str]) -> set[str]:
        """Those of ``alert_ids`` that have evidence."""
        query = select(EVIDENCE.c.alert_id).filter_by(ward=self._ward).where(EVIDENCE.c.alert_id.in_(alert_ids))
        with self._transactions.read() as connection:
            return set(connection.execute(query.distinct()).scalars())
