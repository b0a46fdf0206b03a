"""What stands after the ``?``: moments, numbers, names; refused in one line when it makes no sense."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from monitor.web.refusals import bad_request

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=3660)


def span_of(query: Mapping[str, str], now: datetime, otherwise: timedelta) -> tuple[datetime, datetime]:
    """``from`` and ``to``; without them the time ``otherwise`` up to now. Nothing lies after now."""
    end = min(_moment(query, "to") or now, now)
    begin = _moment(query, "from") or end - otherwise
    if not begin < end:
        raise bad_request("from: must lie before to, and before now")
    if end - begin > LONGEST:
        raise bad_request("from: more than ten years at once are not shown")
    return begin, end


def whole(query: Mapping[str, str], name: str, *, otherwise: int, most: int) -> int:
    """A whole number from 1 to ``most``; a larger one counts as ``most``."""
    said = query.get(name)
    if said is None:
        return otherwise
    if not (said.isascii() and said.isdigit() and len(said) <= 9 and int(said) > 0):
        raise bad_request(f"{name}: wants a whole number from 1 to {most}")
    return min(int(said), most)


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    """ISO 8601 (a blank is a + that was not encoded) or seconds since 1970."""
    said = query.get(name)
    if said is None:
        return None
    wrong = bad_request(f"{name}: wants a date with time and zone, as 2026-03-01T07:00:00Z")
    try:
        if said.replace(".", "", 1).isdecimal() and said.isascii():
            at = datetime.fromtimestamp(float(said), UTC)
        else:
            at = datetime.fromisoformat(said.replace(" ", "+"))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise wrong from None
    if at < EARLIEST or at.year > 8999:
        raise wrong
    return at
