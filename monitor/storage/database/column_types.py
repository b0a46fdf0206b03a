"""Kinds of columns that SQLite and PostgreSQL keep alike: moments as whole numbers, text that any database takes."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Dialect, Double, Integer, Text, TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)

RowNumber = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database counts up itself."""


class UtcMoment(TypeDecorator[datetime]):
    """A moment in UTC, kept as whole microseconds since 1970: sorted, compared and stored exactly everywhere."""

    impl = BigInteger
    cache_ok = True
    unit = MICROSECOND

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Moment to whole units; a part of a unit is cut off."""
        return None if value is None else (value - EPOCH) // self.unit

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Whole units to a moment in UTC."""
        return None if value is None else EPOCH + value * self.unit


class UtcSecond(UtcMoment):
    """A moment in UTC, kept as whole seconds since 1970."""

    cache_ok = True
    unit = SECOND


class Real(TypeDecorator[float]):
    """A number; what is not finite is unknown, and so NULL."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        """None for NaN and infinities."""
        return None if value is None or not math.isfinite(value) else float(value)


class SafeText(TypeDecorator[str]):
    """Text; NUL and lone surrogates, which no database takes, become U+FFFD. Whoever sent them must not stop us."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as any database takes it."""
        return None if value is None else safe_text(value)


def safe_text(text: str) -> str:
    """``text`` without NUL and lone surrogates."""
    return "".join("\ufffd" if sign == "\0" or "\ud800" <= sign <= "\udfff" else sign for sign in str(text))
