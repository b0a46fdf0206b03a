"""The transitions that a shift's summary is made of: those of the shift, and how its alerts began before it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select

from monitor.alerts.topics import DISTRESS
from monitor.alerts.transition import Transition
from monitor.storage.database.tables import TRANSITIONS
from monitor.storage.database.transactions import Transactions
from monitor.storage.database.transitions import transition_of_row

_DISTRESS = [topic.value for topic in DISTRESS]


def read_shift(
    transactions: Transactions, ward: str, beds: Collection[str], begin: datetime, end: datetime, *, emotions: bool
) -> dict[str, list[Transition]]:
    """Per bed, in order, up to before ``end``; of alerts that go on from before ``begin`` their whole life."""
    columns = TRANSITIONS.c
    within = (columns.ward == ward, columns.bed.in_(sorted(beds)), columns.at >= begin, columns.at < end)
    found: dict[str, list[Transition]] = {bed: [] for bed in beds}
    with transactions.read() as connection:
        for bed in beds:
            of_bed = (columns.ward == ward, columns.bed == bed, columns.at < end)
            numbers = select(columns.alert_number).where(*within, columns.bed == bed, columns.alert_number.is_not(None))
            wanted = or_(columns.at >= begin, columns.alert_number.in_(numbers.distinct().scalar_subquery()))
            for row in connection.execute(select(TRANSITIONS).where(*of_bed, wanted).order_by(columns.id)):
                if emotions or row.topic not in _DISTRESS:
                    found[bed].append(transition_of_row(row))
    return found
