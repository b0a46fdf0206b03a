"""Two wards in one database, their beds called alike: neither sees, changes or removes what is the other's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from database_records import BEGIN, END, FULL
from sqlalchemy import func, select

from monitor.errors import ConfigurationError
from monitor.records import Level
from monitor.storage.database.beds import known_wards, rename_ward
from monitor.storage.database.database import Database
from monitor.storage.database.outbox import OutboxMessage
from monitor.storage.database.pictures import StoredPicture
from monitor.storage.database.tables import METADATA, SESSIONS
from monitor.storage.database.trend_row import TrendRow
from monitor.ward.service import StorageSettings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KEYS = {"east": "3f" * 16 + "a0" * 16, "west": "00" * 16 + "a0" * 16}
KEEP = StorageSettings(pixels_kept_days=1.0)


def fill(database: Database, score: float) -> None:
    """Something in every table of a ward, told apart by ``score`` and the ward's name."""
    name = database.ward
    database.put_trend([TrendRow(bed="bed-1", at=NOON, level=Level.PAIN, score=score)])
    database.put_trend([TrendRow(bed="bed-1", at=NOON + MINUTE, level=Level.PAIN, score=score)])
    database.record_transitions([replace(FULL, sentence=name), replace(FULL, number=8, sentence=name)])
    database.save_state("bed-1", name)
    database.save_baseline("bed-1", name)
    database.record_configuration(NOON, name, "s", "d")
    box = database.outbox("broker", 1, 1e9)
    box.put(*(OutboxMessage(message_id=f"m{number}", at=NOON, body=name) for number in range(2)))
    database.put_picture(StoredPicture(bed="bed-1", at=NOON, image=name.encode(), alert_id="bed-1:1"))
    database.evidence.put("bed-1", "bed-1:1", NOON, name)
    database.snapshots.put(NOON, name)


def check(database: Database, score: float) -> None:
    name = database.ward
    assert [row.score for row in database.trend_seconds("bed-1", BEGIN, END)] == [score] * 2
    assert [row.score_mean for row in database.trend_minutes("bed-1", BEGIN, END)] == [score]
    assert [(told.number, told.sentence) for told in database.transitions(BEGIN, END)] == [(7, name), (8, name)]
    assert database.last_numbers() == {"bed-1": (8, 12345678901)}
    assert (database.load_state("bed-1"), database.load_baseline("bed-1")) == (name, name)
    box = database.outbox("broker", 1, 1e9)
    assert [message.body for message in box.pending()] == [name]
    assert (box.waiting, sum(box.dropped.values())) == (1, 1)
    (entry,) = database.picture_entries("bed-1", BEGIN, END)
    picture = database.picture(entry.id)
    assert picture is not None
    assert picture.image == name.encode()
    assert database.evidence.newest("bed-1:1") == name


def rows(database: Database, ward: str) -> dict[str, int]:
    with database.transactions.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).where(table.c.ward == ward)).scalar_one()
            for table in METADATA.sorted_tables
            if "ward" in table.c
        }


def test_beds_of_the_same_name_are_kept_apart(place) -> None:
    with (
        place.open(ward="east", pixels_key=KEYS["east"]) as east,
        place.open(ward="west", pixels_key=KEYS["west"]) as west,
    ):
        fill(east, 0.25)
        fill(west, 0.75)
        check(east, 0.25)
        check(west, 0.75)
        assert known_wards(east.transactions) == ["east", "west"]
        assert [(other.ward, other.at, other.document) for other in west.snapshots.others()] == [("east", NOON, "east")]
        assert set(rows(east, "east").values()) == {1, 2}, "every table of a ward is filled by this test"
        (picture,) = west.picture_entries("bed-1", BEGIN, END)
        assert east.picture(picture.id) is None
    with pytest.raises(ConfigurationError, match="is not the key"):
        place.open(ward="east", pixels_key=KEYS["west"])


def test_a_ward_delivers_and_removes_its_own_alone(place) -> None:
    with (
        place.open(ward="east", pixels_key=KEYS["east"]) as east,
        place.open(ward="west", pixels_key=KEYS["west"]) as west,
    ):
        fill(east, 0.25)
        fill(west, 0.75)
        before = rows(east, "west")
        east.outbox("broker", 1, 1e9).delivered(["m1"])
        gone = east.prune(NOON + timedelta(days=10_000), KEEP)
        assert gone == {
            "trend_seconds": 2, "trend_minutes": 2, "transitions": 2, "evidence": 1, "configuration_changes": 1,
            "outbox": 2, "pictures": 1,
        }  # fmt: skip
        check(west, 0.75)
        assert rows(east, "west") == before


def test_log_ins_that_ran_out_go_and_others_stay(place) -> None:
    with place.open() as database:
        with database.transactions.sure() as connection:
            for name, minutes in (("over", -1), ("open", 1)):
                session = {
                    "token_hash": name, "name": "Zoë", "csrf": "c", "created_at": NOON, "seen_at": NOON,
                    "expires_at": NOON + minutes * MINUTE,
                }  # fmt: skip
                connection.execute(SESSIONS.insert(), session)
        assert database.prune(NOON, KEEP) == {"sessions": 1}
        with database.transactions.read() as connection:
            assert connection.execute(select(SESSIONS.c.token_hash)).scalars().all() == ["open"]


def test_the_newest_evidence_of_an_alert_counts(place) -> None:
    with place.open() as database:
        for number in range(3):
            database.evidence.put("bed-1", "bed-1:4", NOON + number * MINUTE, f"document {number}")
        assert database.evidence.newest("bed-1:4") == "document 2"
        assert database.evidence.newest("bed-1:5") is None
        assert database.evidence.known(["bed-1:4", "bed-1:5"]) == {"bed-1:4"}
        assert database.evidence.known([]) == set()


def test_a_ward_takes_its_records_to_its_new_name(place) -> None:
    with place.open(ward="east", pixels_key=KEYS["east"]) as east:
        fill(east, 0.25)
        before = rows(east, "east")
        assert rename_ward(east.transactions, "east", "north") == sum(before.values())
        assert rows(east, "north") == before
        assert set(rows(east, "east").values()) == {0}
    with place.open(ward="north", pixels_key=KEYS["east"]) as north:
        assert [told.number for told in north.transitions(BEGIN, END)] == [7, 8]
