"""The trend of a bed for a plot: as many points as fit, read as sums from the database however long the span is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Select, Table, case, func, select, type_coerce

from monitor.records import Level
from monitor.storage.database.column_types import EPOCH, SECOND
from monitor.storage.database.tables import TREND_MINUTES, TREND_SECONDS
from monitor.storage.database.transactions import Transactions

BY_SECOND_S = 2 * 3600
"""A longer span is read by the minute."""
MOST_POINTS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From ``begin`` to before ``end``, in at most ``points`` points."""

    begin: datetime
    end: datetime
    points: int

    @property
    def seconds(self) -> int:
        """Its length, at least one."""
        return max(1, math.ceil((self.end - self.begin).total_seconds()))


def read_trend(transactions: Transactions, ward: str, bed: str, span: Span) -> dict[str, Any]:
    """Lists of the same length, one entry every ``step_s`` seconds; where nothing was kept the entry is None.

    ``score`` and ``pspi`` are means, ``score_max`` the highest; ``assessable`` is the share of the step that was
    judged; ``level`` is pain as soon as any of it was.
    """
    points = min(max(1, span.points), MOST_POINTS)
    if span.seconds <= BY_SECOND_S:
        step_s = math.ceil(span.seconds / points)
        found = _read(transactions, TREND_SECONDS, ward, bed, span, step_s)
        if found:
            return _told(found, span, step_s)
    step_s = 60 * math.ceil(span.seconds / points / 60)
    return _told(_read(transactions, TREND_MINUTES, ward, bed, span, step_s), span, step_s)


def read_minutes(
    transactions: Transactions, ward: str, beds: Iterable[str], begin: datetime
) -> dict[str, list[dict[str, Any]]]:
    """Per bed of ``ward`` one point a minute since ``begin``, in order."""
    columns = TREND_MINUTES.c
    query = select(columns.at, columns.score_mean, columns.pain_share, columns.judged).order_by(columns.at)
    query = query.where(columns.ward == ward, columns.at >= begin)
    with transactions.read() as connection:
        return {bed: [_minute(row) for row in connection.execute(query.where(columns.bed == bed))] for bed in beds}


def _minute(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    level = _level(judged=row.judged, pain=row.pain_share)
    return {"at": row.at.isoformat(timespec="seconds"), "score": _short(row.score_mean), "level": level}


def _read(
    transactions: Transactions, table: Table, ward: str, bed: str, span: Span, step_s: int
) -> Mapping[int, Mapping[str, Any]]:
    with transactions.read() as connection:
        return {int(row.step): dict(row._mapping) for row in connection.execute(_query(table, ward, bed, span, step_s))}


def _query(table: Table, ward: str, bed: str, span: Span, step_s: int) -> Select[Any]:
    step = (type_coerce(table.c.at, BigInteger) // step_s).label("step")
    query = select(step, *_sums(table)).where(table.c.ward == ward, table.c.bed == bed)
    first = EPOCH + SECOND * (_seconds(span.begin) // step_s * step_s)
    return query.where(table.c.at >= first, table.c.at < span.end).group_by(step)


def _sums(table: Table) -> Sequence[ColumnElement[Any]]:
    columns = table.c
    if table is TREND_SECONDS:
        return (
            func.avg(columns.score).label("score"),
            func.max(columns.score).label("score_max"),
            func.avg(columns.pspi).label("pspi"),
            func.count(columns.score).label("judged"),
            func.max(case((columns.level == Level.PAIN.value, 1.0), else_=0.0)).label("pain"),
        )
    judged = func.sum(columns.judged)
    return (
        (func.sum(columns.score_mean * columns.judged) / func.nullif(judged, 0)).label("score"),
        func.max(columns.score_max).label("score_max"),
        func.avg(columns.pspi_mean).label("pspi"),
        judged.label("judged"),
        func.max(func.coalesce(columns.pain_share, 0.0)).label("pain"),
    )


def _told(found: Mapping[int, Mapping[str, Any]], span: Span, step_s: int) -> dict[str, Any]:
    steps = range(_seconds(span.begin) // step_s, -(-_seconds(span.end) // step_s))
    rows = [found.get(step) for step in steps]
    return {
        "step_s": step_s,
        "at": [step * step_s for step in steps],
        **{name: [row and _short(row[name]) for row in rows] for name in ("score", "score_max", "pspi")},
        "assessable": [min(1.0, round(int(row["judged"]) / step_s, 3)) if row else 0.0 for row in rows],
        "level": [_level(judged=int(row["judged"]), pain=row["pain"]) if row else None for row in rows],
    }


def _level(*, judged: int, pain: float | None) -> str:
    if not judged:
        return Level.UNASSESSABLE.value
    return (Level.PAIN if pain else Level.NO_PAIN).value


def _seconds(at: datetime) -> int:
    return (at - EPOCH) // SECOND


def _short(value: Any) -> float | None:
    return None if value is None else round(float(value), 3)
