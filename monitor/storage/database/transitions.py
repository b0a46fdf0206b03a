"""Transitions of alerts in the database: every column of the journal's line, in the order of recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Row, func, select

from monitor.alerts.topics import Reason, Topic, Verdict
from monitor.alerts.transition import Transition
from monitor.records import Kind, Presence, Priority
from monitor.storage.database.beds import beds_in
from monitor.storage.database.inserting import insert_once
from monitor.storage.database.tables import TRANSITIONS
from monitor.storage.database.transactions import Transactions

_NAMES = tuple(field.name for field in fields(Transition))
_WORDS: dict[str, type[Enum]] = {
    "reason": Reason,
    "topic": Topic,
    "kind": Kind,
    "priority": Priority,
    "presence": Presence,
    "verdict": Verdict,
}


class RecordedTransitions:
    """Writes and reads transitions."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def record(self, batch: Sequence[Transition]) -> None:
        """Keep ``batch`` surely; those that are there already (bed, number, at) count once, so trying again is safe."""
        if not batch:
            return
        with self._transactions.sure() as connection:
            connection.execute(insert_once(connection, TRANSITIONS), [_values(entry) for entry in batch])

    def between(self, begin: datetime, end: datetime, bed: str | None = None) -> list[Transition]:
        """Transitions from ``begin`` to before ``end``, as recorded; of one bed or all."""
        query = select(TRANSITIONS).where(TRANSITIONS.c.at >= begin, TRANSITIONS.c.at < end)
        if bed is not None:
            query = query.where(TRANSITIONS.c.bed == bed)
        with self._transactions.read() as connection:
            return [_transition(row) for row in connection.execute(query.order_by(TRANSITIONS.c.id))]

    def last_numbers(self) -> dict[str, tuple[int, int]]:
        """Per bed the highest transition and alert numbers, for ``bed_state.numbered_after``."""
        numbers = (func.max(TRANSITIONS.c.number), func.coalesce(func.max(TRANSITIONS.c.alert_number), 0))
        last: dict[str, tuple[int, int]] = {}
        with self._transactions.read() as connection:
            for bed in beds_in(connection, TRANSITIONS):
                of_bed = [select(highest).where(TRANSITIONS.c.bed == bed) for highest in numbers]
                told, alerts = (connection.execute(query).scalar_one() for query in of_bed)
                last[bed] = told, alerts
        return last


def _values(entry: Transition) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in _NAMES}
    words = {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}
    number = None if entry.alert_id is None else int(entry.alert_id.rpartition(":")[2])
    return {**words, "alert_number": number}


def _transition(row: Row[Any]) -> Transition:
    values = {name: row._mapping[name] for name in _NAMES}
    for name, kind in _WORDS.items():
        if values[name] is not None:
            values[name] = kind(values[name])
    return Transition(**values)
