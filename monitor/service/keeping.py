"""What the service keeps, in the order it must be kept: alert journal first, then database.

Trouble with either stops nothing: what could not be written waits, bounded, and is tried again; ``troubles`` says so
in words, and alerts go out all the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar, cast

from monitor import clock
from monitor.alerts.alert_journal import AlertJournal, AlertJournalSettings
from monitor.alerts.bed_state import BedState
from monitor.alerts.state_json import dump_state
from monitor.alerts.transition import Transition
from monitor.errors import VigilError
from monitor.sinks.outbox import MemoryOutbox, Outbox
from monitor.storage.database.database import Database
from monitor.storage.database.trend_row import TrendRow
from monitor.storage.database.trouble import Cause, DatabaseTrouble

RETRY_S = 5.0
REST_TIMES = 10.0
"""A trial in vain that took long is followed by a pause that is so many times as long."""
MOST_WAITING = 20_000
"""Transitions that wait for a disk; a ward makes some hundred a day."""
Done = TypeVar("Done")


class KeptJournal:
    """One alert journal that is opened when it can be, and what waits for it."""

    def __init__(self, path: Path, settings: AlertJournalSettings) -> None:
        self.path = path
        self.settings = settings
        self.trouble: str | None = None
        self.dropped = 0
        self._journal: AlertJournal | None = None
        self._waiting: deque[Transition] = deque()
        self._retry_s = 0.0

    @property
    def waiting(self) -> int:
        """Transitions that could not be written yet."""
        return len(self._waiting)

    def newest_turned(self) -> Path | None:
        """The file that this journal was last turned over to."""
        turned = sorted(self.path.parent.glob(f"{self.path.stem}.[0-9]*{self.path.suffix}"))
        return turned[-1] if turned else None

    def write(self, transitions: Sequence[Transition], now_s: float) -> None:
        """Write ``transitions`` after what waits; on the disk when this returns, or waiting with a trouble."""
        self._waiting += transitions
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        if self.trouble is None or now_s >= self._retry_s:
            self._try(now_s)

    def step(self, now_s: float) -> None:
        """Try again what waits; opens the journal, so that a disk that cannot be written is noticed early."""
        if (self._journal is None or self._waiting or self.trouble) and now_s >= self._retry_s:
            self._try(now_s)

    def close(self) -> None:
        """Write what can be written and close."""
        if self._waiting:
            self._try(0.0)
        if self._journal is not None:
            try:
                self._journal.close()
            except VigilError as error:
                self.trouble = str(error)
            self._journal = None

    def _try(self, now_s: float) -> None:
        try:
            if self._journal is None:
                self._journal = AlertJournal(self.path, self.settings)
            self._journal.write(tuple(self._waiting))
        except VigilError as error:
            self.trouble, self._retry_s = str(error), now_s + RETRY_S
            self._abandon()
            return
        self._waiting.clear()
        self.trouble = None

    def _abandon(self) -> None:
        """Begin with a new handle: the folder may be another one by then."""
        if self._journal is not None:
            try:
                self._journal.close()
            except VigilError as error:
                self.trouble = str(error)
            self._journal = None


class KeptDatabase:
    """The database, opened when it can be; transitions wait for it, trends are let go and counted."""

    def __init__(self, open_database: Callable[[], Database]) -> None:
        self.trouble: str | None = None
        self.dropped_trends = self.dropped = 0
        self._open = open_database
        self._database: Database | None = None
        self._waiting: deque[Transition] = deque()
        self._states: dict[str, str] = {}
        self._retry_s = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it could be opened."""
        return self._database is not None

    def open(self, now_s: float) -> None:
        """Open it. VigilError when it must not be used at all, now or later; else trouble, and tried again."""
        try:
            self._database = self._open()
        except VigilError as error:
            if not passing(error):
                raise
            self._fail(error, now_s)

    def outbox(self, sink_name: str, most_messages: int, most_age_s: float) -> Outbox:
        """The outbox of a sink; one in memory while there is no database."""
        if self._database is None:
            return MemoryOutbox(most_messages)
        # its causes of drops are words of their own kind, which the sinks' Protocol takes for any words
        return cast(Outbox, self._database.outbox(sink_name, most_messages, most_age_s))

    def record(self, states: Iterable[BedState], transitions: Sequence[Transition], now_s: float) -> None:
        """Transitions and the states they led to, on disk when this returns or waiting with a trouble."""
        self._waiting += transitions
        self._states |= {state.bed: dump_state(state) for state in states}
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self.dropped += 1
        self._settle(now_s)

    def put_trend(self, rows: Sequence[TrendRow], now_s: float) -> None:
        """A second of trends."""
        if not self._attempt(lambda database: database.put_trend(rows), now_s):
            self.dropped_trends += len(rows)

    def keep_emotions(self, wanted: bool) -> None:
        """Whether trends keep emotions from now on; a database that is opened later asks by itself."""
        if self._database is not None:
            self._database.keep_emotions(wanted)

    def step(self, now_s: float) -> None:
        """Try again what waits."""
        if self.trouble is not None or self._waiting or self._states:
            self._settle(now_s)

    def load(self, read: Callable[[Database], Done], otherwise: Done) -> Done:
        """Something read, ``otherwise`` when that cannot be."""
        if self._database is None:
            return otherwise
        try:
            return read(self._database)
        except VigilError as error:
            self.trouble = str(error)
            return otherwise

    def do(self, write: Callable[[Database], object], now_s: float) -> bool:
        """Something written, once; whether it was."""
        return self._attempt(write, now_s)

    def close(self, now_s: float) -> None:
        """Write what can be written and close."""
        self._retry_s = now_s
        if self._waiting or self._states:
            self._settle(now_s)
        if self._database is not None:
            self._database.close()
            self._database = None

    def _settle(self, now_s: float) -> None:
        batch, states = tuple(self._waiting), dict(self._states)

        def write(database: Database) -> None:
            with database.together():
                database.record_transitions(batch)
                for bed, text in states.items():
                    database.save_state(bed, text)

        if self._attempt(write, now_s):
            self._waiting.clear()
            self._states.clear()

    def _attempt(self, write: Callable[[Database], object], now_s: float) -> bool:
        if self.trouble is not None and now_s < self._retry_s:
            return False
        begun_s = clock.now_s()
        try:
            if self._database is None:
                self._database = self._open()
            write(self._database)
        except VigilError as error:
            self._fail(error, now_s)
            self._retry_s += REST_TIMES * (clock.now_s() - begun_s)
            return False
        self.trouble = None
        return True

    def _fail(self, error: VigilError, now_s: float) -> None:
        self.trouble, self._retry_s = str(error), now_s + RETRY_S


def passing(error: VigilError) -> bool:
    """Whether ``error`` may be over by itself or by somebody's hand, so that the service starts all the same."""
    return isinstance(error, DatabaseTrouble) and error.cause not in (Cause.TOO_NEW, Cause.TOO_OLD, Cause.FOREIGN)


class Keeping:
    """Journals and database together."""

    def __init__(self, journals: Iterable[KeptJournal], database: KeptDatabase) -> None:
        self.journals = tuple(journals)
        self.database = database

    def use_journals(self, wanted: Iterable[KeptJournal]) -> tuple[KeptJournal, ...]:
        """Write ``wanted`` from now on; those that are written already go on. Gives those that were closed."""
        known = {(journal.path, journal.settings): journal for journal in self.journals}
        before, self.journals = (
            self.journals,
            tuple(known.get((each.path, each.settings), each) for each in wanted),
        )
        gone = tuple(journal for journal in before if journal not in self.journals)
        for journal in gone:
            journal.close()
        return gone

    def record(self, states: Iterable[BedState], transitions: Sequence[Transition], now_s: float) -> None:
        """Keep what people are about to be told, and where the beds' alerts stand."""
        if transitions:
            for journal in self.journals:
                journal.write(transitions, now_s)
        self.database.record(states, transitions, now_s)

    def step(self, now_s: float) -> None:
        """Try again what waits."""
        for journal in self.journals:
            journal.step(now_s)
        self.database.step(now_s)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What cannot be kept, in words."""
        found = [f"alert journal: {journal.trouble}" for journal in self.journals if journal.trouble]
        if self.database.trouble:
            found.append(f"database: {self.database.trouble}")
        return tuple(found)

    def close(self, now_s: float) -> None:
        """Write what can be written and close."""
        for journal in self.journals:
            journal.close()
        self.database.close(now_s)
