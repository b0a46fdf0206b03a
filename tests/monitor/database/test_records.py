"""Transitions, states, baselines and configuration changes, in SQLite and in PostgreSQL."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from database_records import BEGIN, END, FULL
from sqlalchemy import select
from sqlalchemy.exc import StatementError
from ward_story import Story

from monitor.alerts.events import Acknowledge, PauseAudio
from monitor.alerts.journal_reading import last_numbers
from monitor.alerts.state_json import dump_state, load_state
from monitor.alerts.topics import Verdict
from monitor.alerts.transition import Transition
from monitor.storage.database.database import Database
from monitor.storage.database.tables import CONFIGURATION_CHANGES, TRANSITIONS


def told() -> list[Transition]:
    story = Story().watch("++++++")
    story.happen(Acknowledge(alert_id="bed-4:1", by="Zoë", verdict=Verdict.FALSE))
    story.happen(PauseAudio(for_s=3.0, by="x"))
    return story.watch("-" * 30 + "++++++").told


def test_every_column_comes_back(database: Database) -> None:
    assert all(getattr(FULL, field.name) not in (None, "") for field in fields(Transition))
    database.record_transitions([FULL, *told()])
    assert database.transitions(BEGIN, END) == [FULL, *told()]
    assert {field.name for field in fields(Transition)} <= set(TRANSITIONS.c.keys())


def test_what_is_recorded_twice_stands_once(database: Database) -> None:
    entries = told()
    database.record_transitions(entries[:3])
    database.record_transitions(entries)
    database.record_transitions([])
    assert database.transitions(BEGIN, END) == entries


def test_by_bed_and_time(database: Database) -> None:
    database.record_transitions([FULL, *told()])
    assert database.transitions(BEGIN, END, "bed-1") == [FULL]
    assert database.transitions(FULL.at, FULL.at + timedelta(microseconds=1)) == [FULL]
    assert database.transitions(FULL.at + timedelta(microseconds=1), END) == []


def test_last_numbers_are_those_of_the_journal(database: Database) -> None:
    assert database.last_numbers() == {}
    entries = [*told(), FULL, replace(FULL, bed="no-alert", number=3, alert_id=None)]
    database.record_transitions(entries)
    assert database.last_numbers() == last_numbers(entries)
    assert database.last_numbers()["bed-1"] == (7, 12345678901)


def test_text_that_no_database_takes_stops_nothing(database: Database) -> None:
    database.record_transitions([replace(FULL, by="a\0b\ud800c", sentence="\0")])
    (entry,) = database.transitions(BEGIN, END)
    assert (entry.by, entry.sentence) == ("a\ufffdb\ufffdc", "\ufffd")


def test_what_is_not_finite_is_unknown(database: Database) -> None:
    database.record_transitions([replace(FULL, held_s=float("inf"), out_s=float("nan"))])
    (entry,) = database.transitions(BEGIN, END)
    assert (entry.held_s, entry.out_s, entry.seconds) == (None, None, 3.75)


def test_a_state_survives_to_the_bit(database: Database) -> None:
    state = Story().watch("++++++--").state
    assert database.load_state("bed-4") is None
    database.save_state("bed-4", "something else")
    database.save_state("bed-4", dump_state(state))
    database.save_state("bed-5", "another")
    kept = database.load_state("bed-4")
    assert kept is not None
    assert load_state(kept, "row") == state


def test_baselines_per_bed(database: Database) -> None:
    database.save_baseline("one", "{}")
    database.save_baseline("two", '{"a": 1}')
    database.save_baseline("one", '{"b": 2}')
    assert [database.load_baseline(bed) for bed in ("one", "two", "three")] == ['{"b": 2}', '{"a": 1}', None]
    assert database.load_state("one") is None


def test_configuration_changes_stay_in_order(database: Database) -> None:
    for hour, summary in ((2, "beds.one.source: door → window"), (1, "reloaded")):
        database.record_configuration(BEGIN + timedelta(hours=hour), "root", summary, "ab12")
    with database.transactions.read() as connection:
        rows = connection.execute(select(CONFIGURATION_CHANGES).order_by(CONFIGURATION_CHANGES.c.id)).all()
    assert [(row.at.hour, row.by, row.summary, row.digest) for row in rows] == [
        (2, "root", "beds.one.source: door → window", "ab12"),
        (1, "root", "reloaded", "ab12"),
    ]


def test_together_is_all_or_nothing(database: Database) -> None:
    class Interrupted(Exception):
        pass

    with pytest.raises(Interrupted), database.together():  # noqa: PT012
        database.record_transitions([FULL])
        database.save_state("bed-1", "new")
        assert database.load_state("bed-1") == "new"
        with database.together():
            database.save_baseline("bed-1", "{}")
        raise Interrupted
    assert database.transitions(BEGIN, END) == []
    assert (database.load_state("bed-1"), database.load_baseline("bed-1")) == (None, None)
    with database.together():
        database.record_transitions([FULL])
        database.save_state("bed-1", "new")
    assert database.transitions(BEGIN, END) == [FULL]
    assert database.load_state("bed-1") == "new"


def test_an_error_that_was_passed_over_still_undoes_what_belongs_together(database: Database) -> None:
    with pytest.raises(StatementError), database.together():  # noqa: PT012
        database.save_state("bed-1", "new")
        with suppress(StatementError):
            database.record_transitions([replace(FULL, now_s="no number")])  # type: ignore[arg-type]
    assert database.load_state("bed-1") is None


def test_what_was_written_is_there_after_opening_again(place) -> None:
    with place.open() as first:
        first.record_transitions([FULL])
        first.save_state("bed-1", "state")
    with place.open(create=False, migrate=False) as second:
        assert second.transitions(BEGIN, END) == [FULL]
        assert second.load_state("bed-1") == "state"
        second.close()
