"""Kept before told; one sink in trouble holds up no other and becomes trouble of the service after a while."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from ward_story import Story

from monitor.errors import OutputError
from monitor.service import telling
from monitor.service.keeping import Keeping, KeptDatabase, KeptJournal
from monitor.service.metrics import Metrics
from monitor.service.telling import LONG_TROUBLE_S, Telling
from monitor.sinks.base import SinkContext, SinkStatus
from monitor.sinks.message import AlertMessage, BedWords
from monitor.storage.database.database import Database
from monitor.ward.sinks import ConsoleSink, JournalSink


@dataclass
class Notebook:
    """A sink that writes down what it is told, or fails."""

    name: str
    journal: Path
    broken: bool = False
    trouble: str | None = None
    told: list[AlertMessage] = field(default_factory=list)
    lines_before: list[int] = field(default_factory=list)
    closed: bool = False

    def start(self) -> None: ...
    def state(self, report) -> None: ...
    def change(self, settings, beds, *, emotion_scores) -> None: ...
    def step(self, now_s: float) -> None: ...

    def send(self, message: AlertMessage) -> None:
        if self.broken:
            raise OutputError("broken")
        self.lines_before.append(len(self.journal.read_text().splitlines()))
        self.told.append(message)

    def status(self) -> SinkStatus:
        return SinkStatus(
            name=self.name, kind="console", trouble=self.trouble, delivered=0, waiting=0, dropped={},
            last_delivered_at=None,
        )  # fmt: skip

    def close(self, timeout_s: float) -> None:
        self.closed = True


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    journal = tmp_path / "alerts.jsonl"
    books: dict[str, Notebook] = {}

    def make(name, settings, context):
        books[name] = Notebook(name, journal, broken=name == "broken")
        return books[name]

    monkeypatch.setattr(telling, "make_sink", make)
    database = KeptDatabase(lambda: Database.open(f"sqlite:///{tmp_path / 'vigil.sqlite'}"))
    database.open(0.0)
    keeping = Keeping([KeptJournal(journal, JournalSink().journal_settings())], database)
    context = SinkContext(ward="ward", beds={"bed-4": BedWords(room="12")}, outbox=database.outbox)
    told = Telling(keeping, context, Metrics())
    for name in ("broken", "console"):
        told.open(name, ConsoleSink(), context)
    yield told, books
    told.close(1.0)
    keeping.close(0.0)
    assert all(book.closed for book in books.values())


def test_it_is_on_the_disk_before_anybody_is_told(told):
    bed = Story().watch("+++++++")
    telling, books = told
    telling.tell(bed.state, bed.told, 1.0)
    (message,) = books["console"].told
    assert (message.bed, message.room, message.topic) == ("bed-4", "12", "pain")
    assert books["console"].lines_before == [2]  # header and transition
    assert telling.keeping.database.load(lambda database: database.load_state("bed-4"), None) is not None


def test_nothing_to_tell_is_not_told(told):
    telling, books = told
    telling.tell(Story().state, (), 1.0)
    assert books["console"].told == []
    assert not books["console"].journal.exists()


def test_a_sink_in_trouble_for_long_is_trouble_of_the_service(told):
    telling, books = told
    books["console"].trouble = "the broker does not answer"
    telling.look(10.0)
    assert telling.statuses["console"].trouble == "the broker does not answer"
    assert telling.troubles(10.0 + LONG_TROUBLE_S) == ()
    assert telling.troubles(11.0 + LONG_TROUBLE_S) == ("alerts do not reach console",)
    books["console"].trouble = None
    telling.look(80.0)
    assert telling.troubles(200.0) == ()


def test_a_journal_is_kept_and_not_told(told):
    telling, books = told
    telling.open("journal", JournalSink(), SinkContext(ward="ward", beds={}, outbox=telling.keeping.database.outbox))
    assert set(books) == {"broken", "console"}
