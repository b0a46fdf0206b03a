"""Alerts of a ward in the database: which there were, and everything that happened to one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from monitor.alerts.topics import DISTRESS
from monitor.alerts.transition import Transition
from monitor.storage.database.tables import EVIDENCE, PICTURES, TRANSITIONS
from monitor.storage.database.transactions import Transactions
from monitor.storage.database.transitions import transition_of_row
from monitor.web.alert_history import by_alert

MOST_ALERTS = 1000
PAGE_ROWS = 1000
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
    """Lines by alert, whole lives, the newest alert first; those that changed last when there are too many."""
    with transactions.read() as connection:
        alerts = by_alert(lines_of(connection, sought, _newest(connection, sought)))
    newest_first = sorted(alerts, key=lambda name: alerts[name][0].at, reverse=True)
    return {name: alerts[name] for name in newest_first}


def lines_of(connection: Connection, sought: Sought, numbers: Mapping[str, Collection[int]]) -> list[Transition]:
    """Every line of the alerts with these numbers, by bed."""
    columns = TRANSITIONS.c
    lines: list[Transition] = []
    for bed, of_bed in numbers.items():
        mine = (columns.ward == sought.ward, columns.bed == bed, columns.alert_number.in_(sorted(of_bed)))
        query = select(TRANSITIONS).where(*mine, *_told(sought.emotions)).order_by(columns.id)
        lines += [transition_of_row(row) for row in connection.execute(query)]
    return lines


def _newest(connection: Connection, sought: Sought) -> dict[str, set[int]]:
    """Numbers by bed of at most ``limit`` alerts, found from the end of the time backwards, however many there are."""
    columns, limit = TRANSITIONS.c, min(sought.limit, MOST_ALERTS)
    query = (
        select(columns.id, columns.at, columns.bed, columns.alert_number)
        .where(within(sought.ward, sought.begin, sought.end), *_told(sought.emotions))
        .where(columns.bed.in_(sorted(sought.beds)))
        .order_by(columns.at.desc(), columns.id.desc())
        .limit(PAGE_ROWS)
    )
    numbers: dict[str, set[int]] = {}
    page = query
    while True:
        rows = connection.execute(page).all()
        for row in rows:
            numbers.setdefault(row.bed, set()).add(row.alert_number)
            if sum(map(len, numbers.values())) >= limit:
                return numbers
        if len(rows) < PAGE_ROWS:
            return numbers
        last = rows[-1]
        page = query.where(or_(columns.at < last.at, and_(columns.at == last.at, columns.id < last.id)))


def within(ward: str, begin: datetime, end: datetime) -> ColumnElement[bool]:
    """Lines of ``ward`` from ``begin`` to before ``end``, found by their time.

    SQLite would rather go through all that a bed ever had: the ward is written so that no index fits it.
    """
    columns = TRANSITIONS.c
    return and_(columns.at >= begin, columns.at < end, columns.ward.concat("") == ward)


def read_alert(transactions: Transactions, ward: str, bed: str, alert_id: str, *, emotions: bool) -> list[Transition]:
    """The lines of one alert in order, none when there is no such alert."""
    number = alert_id.rpartition(":")[2]
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return []
    columns = TRANSITIONS.c
    mine = (columns.ward == ward, columns.bed == bed, columns.alert_number == int(number), *_told(emotions))
    with transactions.read() as connection:
        rows = connection.execute(select(TRANSITIONS).where(*mine).order_by(columns.id))
        return [transition_of_row(row) for row in rows]


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
    query = select(func.min(columns.at)).where(columns.ward == ward)
    raised: dict[str, datetime] = {}
    with transactions.read() as connection:
        for name in alert_ids:
            bed, _, number = name.rpartition(":")
            mine = query.where(columns.bed == bed, columns.alert_number == int(number))
            if (at := connection.execute(mine).scalar()) is not None:
                raised[name] = at
    return raised


def read_evidence(transactions: Transactions, ward: str, alert_id: str) -> str | None:
    """The newest evidence of the alert as it is kept (JSON)."""
    columns = EVIDENCE.c
    query = select(columns.document).where(columns.ward == ward, columns.alert_id == alert_id)
    with transactions.read() as connection:
        return connection.execute(query.order_by(columns.id.desc()).limit(1)).scalar()


def _told(emotions: bool) -> tuple[ColumnElement[bool], ...]:
    alerts = TRANSITIONS.c.alert_id.is_not(None)
    return (alerts,) if emotions else (alerts, TRANSITIONS.c.topic.not_in(_DISTRESS))
