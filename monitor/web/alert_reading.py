"""Alerts of a ward in the database: which there were, and everything that happened to one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from monitor.alerts.topics import DISTRESS
from monitor.alerts.transition import Transition
from monitor.storage.database.tables import EVIDENCE, PICTURES, TRANSITIONS
from monitor.storage.database.transactions import Transactions
from monitor.storage.database.transitions import transition_of_row
from monitor.web.alert_history import by_alert

MOST_ALERTS = 1000
_DISTRESS = [topic.value for topic in DISTRESS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Alerts of these ``beds`` of ``ward`` that changed from ``begin`` to before ``end``.

    ``emotions``: whether those about emotions are told.
    """

    ward: str
    beds: Collection[str]
    begin: datetime
    end: datetime
    limit: int = MOST_ALERTS
    emotions: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of an alert besides its lines."""

    evidence: bool
    picture: bool


def read_alerts(transactions: Transactions, sought: Sought) -> dict[str, list[Transition]]:
    """Lines by alert, whole lives, the newest alert first."""
    columns = TRANSITIONS.c
    query = (
        select(columns.bed, columns.alert_number)
        .where(*_ours(sought.ward, sought.emotions), columns.bed.in_(sorted(sought.beds)))
        .where(columns.at >= sought.begin, columns.at < sought.end)
        .group_by(columns.bed, columns.alert_number)
        .order_by(func.max(columns.id).desc())
        .limit(min(sought.limit, MOST_ALERTS))
    )
    lines: list[Transition] = []
    with transactions.read() as connection:
        numbers: dict[str, list[int]] = {}
        for bed, number in connection.execute(query):
            numbers.setdefault(bed, []).append(number)
        for bed, of_bed in numbers.items():
            mine = (*_ours(sought.ward, sought.emotions), columns.bed == bed, columns.alert_number.in_(of_bed))
            lines += _lines(connection.execute(select(TRANSITIONS).where(*mine).order_by(columns.id)).all())
    alerts = by_alert(lines)
    newest_first = sorted(alerts, key=lambda name: alerts[name][0].at, reverse=True)
    return {name: alerts[name] for name in newest_first}


def read_alert(transactions: Transactions, ward: str, bed: str, alert_id: str, *, emotions: bool) -> list[Transition]:
    """The lines of one alert in order, none when there is no such alert."""
    number = alert_id.rpartition(":")[2]
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return []
    columns = TRANSITIONS.c
    mine = (*_ours(ward, emotions), columns.bed == bed, columns.alert_number == int(number))
    with transactions.read() as connection:
        return _lines(connection.execute(select(TRANSITIONS).where(*mine).order_by(columns.id)).all())


def read_kept(transactions: Transactions, ward: str, alert_ids: Collection[str]) -> dict[str, Kept]:
    """What is kept of each alert."""
    found: list[set[str]] = []
    with transactions.read() as connection:
        for table in (EVIDENCE, PICTURES):
            mine = (table.c.ward == ward, table.c.alert_id.in_(sorted(alert_ids)))
            found.append({str(name) for name in connection.execute(select(table.c.alert_id).where(*mine)).scalars()})
    evidence, pictures = found
    return {name: Kept(evidence=name in evidence, picture=name in pictures) for name in alert_ids}


def read_raised(transactions: Transactions, ward: str, alert_ids: Collection[str]) -> dict[str, datetime]:
    """When each of the alerts began."""
    columns = TRANSITIONS.c
    query = select(columns.alert_id, func.min(columns.at)).where(columns.ward == ward)
    query = query.where(columns.bed.in_(sorted({name.rpartition(":")[0] for name in alert_ids})))
    query = query.where(columns.alert_id.in_(sorted(alert_ids))).group_by(columns.alert_id)
    with transactions.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def read_evidence(transactions: Transactions, ward: str, alert_id: str) -> str | None:
    """The newest evidence of the alert as it is kept (JSON)."""
    columns = EVIDENCE.c
    query = select(columns.document).where(columns.ward == ward, columns.alert_id == alert_id)
    with transactions.read() as connection:
        return connection.execute(query.order_by(columns.id.desc()).limit(1)).scalar()


def _ours(ward: str, emotions: bool) -> tuple[ColumnElement[bool], ...]:
    columns = TRANSITIONS.c
    ours: tuple[ColumnElement[bool], ...] = (columns.ward == ward, columns.alert_id.is_not(None))
    return ours if emotions else (*ours, columns.topic.not_in(_DISTRESS))


def _lines(rows: Sequence[Row[Any]]) -> list[Transition]:
    return [transition_of_row(row) for row in rows]
