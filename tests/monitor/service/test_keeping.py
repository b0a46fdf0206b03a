"""Journal and database in trouble: nothing stops, nothing is lost that can be kept, and it is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from ward_story import Story, moment

from monitor.alerts.alert_journal import AlertJournalSettings
from monitor.alerts.journal_reading import read_journals
from monitor.service.keeping import Keeping, KeptDatabase, KeptJournal
from monitor.storage.database.database import Database
from monitor.storage.database.trouble import Cause, DatabaseTrouble


def story() -> Story:
    return Story().watch("+++++++")


def test_what_a_full_disk_did_not_take_is_written_when_there_is_room(tmp_path: Path):
    told = story().told
    assert told
    journal = KeptJournal(Path("/dev/full"), AlertJournalSettings())
    journal.write(told, 10.0)
    assert "/dev/full" in (journal.trouble or "")
    journal.step(11.0)
    assert journal.trouble is not None
    journal.path = tmp_path / "alerts.jsonl"
    journal.step(11.5)  # not before its next trial
    assert not journal.path.exists()
    journal.step(20.0)
    assert journal.trouble is None
    journal.write(story().told, 21.0)
    journal.close()
    assert len(read_journals([journal.path]).transitions) == len(told)  # the second time the same transitions


def test_a_journal_is_opened_before_there_is_anything_to_write(tmp_path: Path):
    journal = KeptJournal(tmp_path / "state" / "alerts.jsonl", AlertJournalSettings())
    journal.step(1.0)
    assert json.loads(journal.path.read_text())["format"] == "vigil-alerts"
    journal.close()


def test_journals_can_be_changed_and_those_that_stay_go_on(tmp_path: Path):
    def journals(**turns: int) -> list[KeptJournal]:
        return [KeptJournal(tmp_path / name, AlertJournalSettings(turn_bytes=size)) for name, size in turns.items()]

    def numbers(path: str) -> list[int]:
        return [transition.number for transition in read_journals([tmp_path / path]).transitions]

    keeping = Keeping(journals(stays=1 << 20, goes=1 << 20, turns=1 << 20), KeptDatabase(Unwilling(tmp_path / "d")))
    told = story().told[0]
    keeping.record([], [told], 1.0)
    first = keeping.journals
    gone = keeping.use_journals(journals(stays=1 << 20, turns=2 << 20, comes=1 << 20))
    assert gone == first[1:]
    assert keeping.journals[0] is first[0]
    assert [journal.waiting for journal in gone] == [0, 0]
    keeping.record([], [replace(told, number=99)], 2.0)
    both = [told.number, 99]
    assert [numbers(name) for name in ("stays", "goes", "turns", "comes")] == [both, both[:1], both, both[1:]]
    keeping.close(3.0)


class Unwilling:
    """Opens a database that fails while ``cause`` is set."""

    def __init__(self, path: Path) -> None:
        self.url = f"sqlite:///{path}"
        self.cause: Cause | None = None
        self.tried = 0

    def __call__(self) -> Database:
        self.tried += 1
        if self.cause is not None:
            raise DatabaseTrouble(self.cause, f"the database: {self.cause}")
        return Database.open(self.url, busy_s=0.1)


def test_transitions_wait_for_a_database_that_comes_late(tmp_path: Path):
    unwilling = Unwilling(tmp_path / "vigil.sqlite")
    unwilling.cause = Cause.UNREACHABLE
    kept = KeptDatabase(unwilling)
    kept.open(0.0)
    bed = story()
    keeping = Keeping([], kept)
    keeping.record([bed.state], bed.told, 1.0)
    assert keeping.troubles == ("database: the database: unreachable",)
    assert unwilling.tried == 1  # one that does not answer is not asked for every alert
    assert kept.load(lambda database: database.load_state("bed-4"), None) is None
    unwilling.cause = None
    keeping.step(30.0)
    assert keeping.troubles == ()
    keeping.close(31.0)
    with Database.open(unwilling.url) as database:
        assert database.load_state("bed-4") is not None
        begin, end = moment(0.0).at, moment(1000.0).at
        assert database.transitions(begin, end) == bed.told


@pytest.mark.parametrize("cause", [Cause.TOO_NEW, Cause.FOREIGN])
def test_a_database_that_must_not_be_used_is_refused_at_the_start(tmp_path: Path, cause: Cause):
    unwilling = Unwilling(tmp_path / "vigil.sqlite")
    unwilling.cause = cause
    with pytest.raises(DatabaseTrouble):
        KeptDatabase(unwilling).open(0.0)


def test_trends_are_let_go_while_there_is_no_database(tmp_path: Path):
    unwilling = Unwilling(tmp_path / "vigil.sqlite")
    unwilling.cause = Cause.FULL
    kept = KeptDatabase(unwilling)
    kept.open(0.0)
    for second in range(3):
        kept.put_trend([object()] * 4, float(second))
    assert kept.dropped_trends == 12
