"""The transitions that a shift's summary is made of: those of the shift, and how its alerts began before it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from monitor.alerts.topics import DISTRESS
from monitor.alerts.transition import Transition
from monitor.storage.database.tables import TRANSITIONS
from monitor.storage.database.transactions import Transactions
from monitor.storage.database.transitions import transition_of_row
from monitor.web.alert_reading import Sought, lines_of, within


def read_shift(
    transactions: Transactions, ward: str, beds: Collection[str], begin: datetime, end: datetime, *, emotions: bool
) -> dict[str, list[Transition]]:
    """Per bed, in order, up to before ``end``; of alerts that go on from before ``begin`` their whole life."""
    sought = Sought(ward=ward, beds=beds, begin=begin, end=end, emotions=emotions)
    written = select(TRANSITIONS).where(within(ward, begin, end), TRANSITIONS.c.bed.in_(sorted(beds)))
    found: dict[str, list[Transition]] = {bed: [] for bed in beds}
    numbers: dict[str, set[int]] = {}
    with transactions.read() as connection:
        for row in connection.execute(written.order_by(TRANSITIONS.c.id)):
            line = transition_of_row(row)
            if row.alert_number is not None:
                numbers.setdefault(line.bed, set()).add(row.alert_number)
            if emotions or line.topic not in DISTRESS:
                found[line.bed].append(line)
        before = [line for line in lines_of(connection, sought, numbers) if line.at < begin]
    for bed, lines in found.items():
        lines[:0] = [line for line in before if line.bed == bed]
    return found
