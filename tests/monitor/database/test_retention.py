"""What goes with age and size, in batches that let alerts through; the file really shrinks."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from database_records import FULL
from sqlalchemy import func, select

from monitor.storage.database import retention
from monitor.storage.database.database import Database
from monitor.storage.database.outbox import OutboxMessage
from monitor.storage.database.pictures import StoredPicture
from monitor.storage.database.sizes import live_bytes
from monitor.storage.database.tables import METADATA, TREND_MINUTES, TREND_SECONDS
from monitor.ward.service import StorageSettings

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = "3f" * 16 + "a0" * 16
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KEEP = StorageSettings(seconds_kept_days=7, minutes_kept_days=365, alerts_kept_days=1825, pixels_kept_days=1)


def rows(database: Database) -> dict[str, int]:
    with database.transactions.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in METADATA.sorted_tables
        }


def fill_trends(database: Database, begin: datetime, seconds: int, bed: str = "bed-1") -> None:
    """So many seconds, and the minutes they lie in marked as open: as ``put_trend``, but fast."""
    first = round(begin.timestamp())
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {seconds - 1})"
    with database.transactions.quick() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO trend_seconds (ward, bed, at, level, score) {numbers} "
            f"SELECT '{database.ward}', '{bed}', {first} + i, 'no_pain', i / 1e7 FROM n"
        )
        connection.exec_driver_sql(
            f"INSERT INTO open_minutes (ward, bed, at) SELECT DISTINCT ward, bed, at / 60 * 60 FROM trend_seconds "
            f"WHERE bed = '{bed}' AND at >= {first} ON CONFLICT DO NOTHING"
        )


def count_all(database: Database) -> None:
    """Mark every minute as counted, where the minutes do not matter."""
    with database.transactions.quick() as connection:
        connection.exec_driver_sql("DELETE FROM open_minutes")


def test_each_kind_goes_at_its_own_age(place) -> None:
    with place.open(pixels_key=KEY) as database:
        for bed in ("one", "two"):
            for days in (0, 6.9, 7.1, 364, 366):
                fill_trends(database, NOW - days * DAY, 2, bed)
        database.prune(NOW - 1000 * DAY, KEEP)  # rolls up, removes nothing
        assert rows(database)["trend_seconds"] == 20
        assert rows(database)["trend_minutes"] == 10
        for number, days in enumerate((0.9, 1.1, 40)):
            database.put_picture(StoredPicture(bed="one", at=NOW - days * DAY, image=b"x" * 100))
            database.record_transitions([replace(FULL, number=number, at=NOW - days * 50 * DAY)])
            database.record_configuration(NOW - days * 50 * DAY, "root", "s", "d")
        box = database.outbox("mqtt", 100, 1e9)
        box.put(*(OutboxMessage(message_id=f"{days}", at=NOW - days * DAY, body="b") for days in (1, 31)))
        gone = database.prune(NOW, KEEP)
        assert gone == {
            "pictures": 2,
            "trend_seconds": 12,
            "trend_minutes": 2,
            "transitions": 1,
            "configuration_changes": 1,
            "outbox": 1,
        }
        assert [entry.message_id for entry in box.pending()] == ["1"]
        left = rows(database)
        assert (left["trend_seconds"], left["trend_minutes"], left["transitions"], left["pictures"]) == (8, 8, 2, 1)
        assert database.prune(NOW, KEEP) == {}
        assert database.prune(EPOCH, KEEP) == {}  # a clock set back removes nothing


def test_the_file_shrinks_with_what_goes(sqlite_place) -> None:
    with sqlite_place.open() as database:
        fill_trends(database, NOW - 8 * DAY, 60_000)
        count_all(database)
        database.record_transitions([FULL])
        database.compact()
        before = sqlite_place.file.stat().st_size
        database.prune(NOW + DAY, KEEP)
        database.compact()
        after = sqlite_place.file.stat().st_size
        assert database.size_bytes() == after
        assert before > 2_000_000
        assert after < before / 5
        assert database.transitions(EPOCH, NOW + 900 * DAY) == [FULL]


def test_free_room_is_left_for_the_next_rows(sqlite_place) -> None:
    with sqlite_place.open() as database:
        fill_trends(database, NOW - 8 * DAY, 30_000)
        count_all(database)
        database.prune(NOW + DAY, KEEP)
        with database.transactions.read() as connection:
            free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
            assert connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one() == 2
        assert 0 < free <= retention.VACUUM_PAGES


def test_too_large_takes_the_oldest_trends_and_pictures_never_alerts(place, monkeypatch) -> None:
    """The limit is 64 MiB at least; here every byte counts as twenty."""
    real = live_bytes
    monkeypatch.setattr(retention, "live_bytes", lambda transactions, ward: 20 * real(transactions, ward))
    real_row = retention.row_bytes
    monkeypatch.setattr(retention, "row_bytes", lambda connection, table: 20 * real_row(connection, table))
    settings = replace(KEEP, largest_mib=64)
    with place.open(pixels_key=KEY) as database:
        fill_trends(database, NOW - 2 * DAY, 70_000)
        count_all(database)
        fill_trends(database, NOW - 60 * DAY, 1, "bed-2")
        database.prune(NOW - 50 * DAY, KEEP)
        for minutes in range(200):
            at = NOW - 2 * DAY + timedelta(minutes=minutes)
            database.put_picture(StoredPicture(bed="one", at=at, image=b"x" * 4000))
        database.record_transitions([replace(FULL, number=number, at=NOW - 700 * DAY) for number in range(50)])
        before = rows(database)
        assert 20 * real(database.transactions, database.ward) > 64 << 20
        kept = replace(settings, pixels_kept_days=30)
        gone = database.prune(NOW, kept)
        left = rows(database)
        assert 20 * real(database.transactions, database.ward) <= 64 << 20
        assert set(gone) == {"trend_seconds", "pictures"}
        assert 0 < left["trend_seconds"] < before["trend_seconds"]
        assert (left["trend_minutes"], left["transitions"]) == (1, 50)
        with database.transactions.read() as connection:
            oldest = connection.execute(select(func.min(TREND_SECONDS.c.at))).scalar_one()
        pictures = database.picture_entries("one", EPOCH, NOW)
        assert pictures == [] or abs(pictures[0].at - oldest) <= timedelta(minutes=5)
        assert database.prune(NOW, kept) == {}


def test_when_nothing_but_alerts_is_left_it_ends(sqlite_place, monkeypatch) -> None:
    monkeypatch.setattr(retention, "live_bytes", lambda transactions, ward: 1 << 40)
    with sqlite_place.open() as database:
        fill_trends(database, NOW - DAY, 2000)
        database.record_transitions([FULL])
        database.prune(NOW, KEEP)
        left = rows(database)
        assert (left["trend_seconds"], left["trend_minutes"], left["transitions"]) == (0, 0, 1)


def test_batches_are_small_and_each_is_a_transaction(sqlite_place, monkeypatch) -> None:
    monkeypatch.setattr(retention, "BATCH_ROWS", 100)
    with sqlite_place.open() as database, sqlite_place.open() as other:
        fill_trends(database, NOW - 8 * DAY, 1000)
        steps = database.pruning(NOW + DAY, KEEP)
        for number in count():
            step = next(steps, None)
            if step is None:
                break
            assert sum(step.values()) <= 100
            other.record_transitions([replace(FULL, number=number)])  # between two batches nothing is held
        assert number >= 10
        assert rows(database)["trend_seconds"] == 0


def test_alerts_get_through_while_another_thread_prunes(sqlite_place) -> None:
    with sqlite_place.open() as database:
        fill_trends(database, NOW - 8 * DAY, 170_000)
        count_all(database)
        done = threading.Event()

        def prune() -> None:
            try:
                with sqlite_place.open(busy_s=100.0) as second:
                    second.prune(NOW + DAY, KEEP)
            finally:
                done.set()

        pruning = threading.Thread(target=prune)
        pruning.start()
        written = 0
        with Database.open(sqlite_place.url, busy_s=100.0) as alerts:
            while not done.is_set():
                alerts.record_transitions([replace(FULL, number=written)])
                written += 1
                done.wait(0.01)
        pruning.join()
        assert written >= 3
        assert rows(database)["transitions"] == written
        assert rows(database)["trend_seconds"] == 0


def test_what_was_pruned_does_not_empty_its_minute(database: Database) -> None:
    fill_trends(database, NOW, 61)
    short = replace(KEEP, seconds_kept_days=1 / 86_400)
    database.prune(NOW + timedelta(seconds=90), short)
    fill_trends(database, NOW + timedelta(seconds=59), 1)
    database.prune(NOW + DAY, short)
    with database.transactions.read() as connection:
        query = select(TREND_MINUTES.c.seconds).where(TREND_MINUTES.c.at == NOW)
        assert connection.execute(query).scalar_one() == 60


@pytest.mark.parametrize("days", [-3650.0, 3650.0])
def test_any_clock_can_be_given(sqlite_place, days: float) -> None:
    with sqlite_place.open() as database:
        assert database.prune(NOW + days * DAY, KEEP) == {}
