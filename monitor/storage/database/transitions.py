"""Transitions of alerts in the database: every column of the journal's line, in the order of recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

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
    """Writes and reads transitions of ``ward``."""

    def __init__(self, transactions: Transactions, ward: str) -> None:
        self._transactions = transactions
        self._ward = ward

    def record(self, batch: Sequence[Transition]) -> None:
        """Keep ``batch`` surely; those that are there already (bed, number, at) count once, so trying again is safe."""
        if not batch:
            return
        with self._transactions.sure() as connection:
            values = [{"ward": self._ward, **_values(entry)} for entry in batch]
            connection.execute(insert_once(connection, TRANSITIONS), values)

    def between(self, begin: datetime, end: datetime, bed: str | None = None) -> list[Transition]:
        """Transitions from ``begin`` to before ``end``, as recorded; of one bed or all."""
        query = select(TRANSITIONS).where(self._own(), TRANSITIONS.c.at >= begin, TRANSITIONS.c.at < end)
        if bed is not None:
            query = query.where(TRANSITIONS.c.bed == bed)
        with self._transactions.read() as connection:
            return [transition_of_row(row) for row in connection.execute(query.order_by(TRANSITIONS.c.id))]

    def last_numbers(self) -> dict[str, tuple[int, int]]:
        """Per bed the highest transition and alert numbers, for ``bed_state.numbered_after``."""
        numbers = (func.max(TRANSITIONS.c.number), func.coalesce(func.max(TRANSITIONS.c.alert_number), 0))
        last: dict[str, tuple[int, int]] = {}
        with self._transactions.read() as connection:
            for bed in beds_in(connection, TRANSITIONS, self._ward):
                of_bed = [select(highest).where(self._own(), TRANSITIONS.c.bed == bed) for highest in numbers]
                told, alerts = (connection.execute(query).scalar_one() for query in of_bed)
                last[bed] = told, alerts
        return last

    def _own(self) -> ColumnElement[bool]:
        return TRANSITIONS.c.ward == self._ward


def _values(entry: Transition) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in _NAMES}
    words = {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}
    number = None if entry.alert_id is None else int(entry.alert_id.rpartition(":")[2])
    return {**words, "alert_number": number}


def transition_of_row(row: Row[Any]) -> Transition:
    """The transition that a row of ``TRANSITIONS`` holds."""
    values = {name: row._mapping[name] for name in _NAMES}
    for name, kind in _WORDS.items():
        if values[name] is not None:
            values[name] = kind(values[name])
    values["sentence_de"] = values["sentence_de"] or ""
    return Transition(**values)
