"""Trends: seconds as they were put, minutes as they come to, whatever the clock and the program do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from monitor.records import CannotAssess, InvalidRecord, Level
from monitor.storage.database.database import Database
from monitor.storage.database.minute_row import MinuteRow, rolled_up
from monitor.storage.database.trend_row import TrendRow

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
UNSEEN = {"level": Level.UNASSESSABLE, "score": None, "confidence": 0.0}


def second(number: int, bed: str = "bed-1", **values: object) -> TrendRow:
    known = {"level": Level.NO_PAIN, "score": 0.25, "confidence": 0.5, "coverage": 1.0, **values}
    return TrendRow(bed=bed, at=NOON + timedelta(seconds=number), **known)  # type: ignore[arg-type]


def put(database: Database, numbers: Iterable[int], **values: object) -> None:
    for number in numbers:
        database.put_trend([second(number, **values)])


def minutes(database: Database, bed: str = "bed-1") -> list[MinuteRow]:
    return database.trend_minutes(bed, NOON - HOUR, NOON + HOUR)


def test_a_minute_is_what_its_seconds_say() -> None:
    rows = [
        second(0, score=0.2, pspi=1.0, mu=0.4, fps=10.0),
        second(1, score=0.8, pspi=5.0, confidence=1.0, level=Level.PAIN),
        second(2, **UNSEEN, coverage=0.2, cannot_assess=CannotAssess.COVERED),
        second(3, **UNSEEN, coverage=0.0, cannot_assess=CannotAssess.NO_FACE),
        second(4, **UNSEEN, coverage=0.0, cannot_assess=CannotAssess.NO_FACE),
    ]
    minute = rolled_up(rows)
    assert (minute.bed, minute.at, minute.seconds, minute.judged, minute.pain_share) == ("bed-1", NOON, 5, 2, 0.5)
    assert (minute.score_mean, minute.score_min, minute.score_max) == (0.5, 0.2, 0.8)
    assert (minute.confidence_mean, minute.coverage_mean) == (pytest.approx(0.3), pytest.approx(0.44))
    assert (minute.pspi_mean, minute.pspi_max, minute.mu_mean, minute.fps_mean) == (3.0, 5.0, 0.4, 10.0)
    assert (minute.cannot_assess, minute.emotions) == (CannotAssess.NO_FACE, None)


def test_nothing_judged_is_unknown_and_not_free_of_pain() -> None:
    minute = rolled_up([second(0, level=Level.UNASSESSABLE, score=None, confidence=None, coverage=None)])
    assert (minute.seconds, minute.judged) == (1, 0)
    assert (minute.pain_share, minute.score_mean, minute.score_max, minute.coverage_mean) == (None, None, None, None)


def test_seconds_come_back_and_minutes_when_the_next_begins(database: Database) -> None:
    rows = [second(number, pspi=number / 10) for number in range(59)]
    database.put_trend(rows)
    assert database.trend_seconds("bed-1", NOON, NOON + HOUR) == rows
    assert database.trend_seconds("bed-1", NOON + timedelta(seconds=57), NOON + timedelta(seconds=58)) == [rows[57]]
    assert minutes(database) == []
    put(database, [59, 60])
    assert [minute.seconds for minute in minutes(database)] == [60]
    assert minutes(database) == [rolled_up(database.trend_seconds("bed-1", NOON, NOON + timedelta(minutes=1)))]


def test_beds_do_not_mix(database: Database) -> None:
    for number in range(61):
        database.put_trend([second(number, "one", score=0.1), second(number, "two", score=0.9)])
    assert [minute.score_mean for minute in minutes(database, "one")] == [pytest.approx(0.1)]
    assert [minute.score_mean for minute in minutes(database, "two")] == [pytest.approx(0.9)]


def test_a_second_put_twice_is_the_later_one(database: Database) -> None:
    put(database, [0], score=0.1)
    put(database, [0], score=0.9)
    (row,) = database.trend_seconds("bed-1", NOON, NOON + HOUR)
    assert row.score == 0.9


def test_parts_of_a_second_and_other_zones_are_put_right(database: Database) -> None:
    at = (NOON + timedelta(seconds=5.75)).astimezone(timezone(timedelta(hours=5, minutes=30)))
    database.put_trend([TrendRow(bed="bed-1", at=at, level=Level.PAIN, score=1.0)])
    (row,) = database.trend_seconds("bed-1", NOON, NOON + HOUR)
    assert row.at == NOON + timedelta(seconds=5)
    assert row.at.tzinfo is UTC
    put(database, [60])
    assert [(minute.at, minute.seconds) for minute in minutes(database)] == [(NOON, 1)]


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="time zone"):
        TrendRow(bed="b", at=datetime(2026, 3, 1), level=Level.PAIN)  # noqa: DTZ001


def test_what_an_earlier_run_left_open_is_rolled_up(place) -> None:
    with place.open() as first:
        put(first, range(50, 130))
    with place.open() as second_run:
        assert [minute.seconds for minute in minutes(second_run)] == [10, 60]
        put(second_run, [300])
        assert [minute.seconds for minute in minutes(second_run)] == [10, 60, 10]


def test_late_rows_are_counted_too(database: Database) -> None:
    put(database, [*range(30), 60, *range(30, 50), 61, 120])
    assert [(minute.at.minute, minute.seconds) for minute in minutes(database)] == [(0, 50), (1, 2)]


def test_a_clock_that_leaps_and_comes_back_loses_nothing(database: Database) -> None:
    day, epoch = 24 * 3600, round((datetime(1970, 1, 2, tzinfo=UTC) - NOON).total_seconds())
    put(database, [0, 1, day, day + 1, 2, 3, epoch, 4, 60])
    every = database.trend_minutes("bed-1", datetime(1970, 1, 1, tzinfo=UTC), NOON + timedelta(days=2))
    assert [(minute.at, minute.seconds) for minute in every] == [
        (datetime(1970, 1, 2, tzinfo=UTC), 1),
        (NOON, 5),
        (NOON + timedelta(days=1), 2),
    ]


def test_what_was_undone_is_put_again(database: Database) -> None:
    class Interrupted(Exception):
        pass

    with pytest.raises(Interrupted), database.together():  # noqa: PT012
        put(database, [0])
        raise Interrupted
    put(database, [1, 60])
    assert [(minute.at, minute.seconds) for minute in minutes(database)] == [(NOON, 1)]


def test_emotions_are_kept_only_where_they_are_wanted(place) -> None:
    emotions = {"happiness": 0.25, "anger": 0.125}
    with place.open() as without:
        put(without, range(60, 121), emotions=emotions)
        assert {row.emotions for row in without.trend_seconds("bed-1", NOON, NOON + HOUR)} == {None}
        assert [minute.emotions for minute in minutes(without)] == [None]
    with place.open(emotion_scores=True) as wanted:
        put(wanted, range(180, 241), emotions=emotions)
        put(wanted, [300], emotions=None)
        assert [minute.emotions for minute in minutes(wanted)][-2:] == [emotions, emotions]
        wanted.keep_emotions(False)  # a reload
        put(wanted, [301], emotions=emotions)
        wanted.keep_emotions(True)
        put(wanted, [302], emotions=emotions)
        found = wanted.trend_seconds("bed-1", NOON + timedelta(seconds=301), NOON + HOUR)
        assert [row.emotions for row in found] == [None, emotions]
