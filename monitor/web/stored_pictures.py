"""The picture that was kept of an alert, opened with the ward's key."""

from __future__ import annotations

from sqlalchemy import select

from monitor.errors import ConfigurationError
from monitor.storage.database.pictures import Pictures
from monitor.storage.database.tables import PICTURES
from monitor.storage.database.transactions import Transactions


def read_picture(transactions: Transactions, ward: str, alert_id: str, key: str) -> bytes | None:
    """The alert's newest picture, None when there is none or the key is not the one it was kept with."""
    query = select(PICTURES.c.id).where(PICTURES.c.ward == ward, PICTURES.c.alert_id == alert_id)
    with transactions.read() as connection:
        found = connection.execute(query.order_by(PICTURES.c.id.desc()).limit(1)).scalar()
    if found is None:
        return None
    try:
        kept = Pictures(transactions, ward, key).read(int(found))
    except ConfigurationError:
        return None
    return None if kept is None else kept.image
