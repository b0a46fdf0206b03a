"""The database as one ward sees it: one object, used by one thread; everything it raises is DatabaseTrouble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self

from sqlalchemy import Table, select

from monitor.alerts.transition import Transition
from monitor.storage.database.engines import BUSY_S, create_file, is_sqlite, parsed, sqlite_file
from monitor.storage.database.evidence import StoredEvidence
from monitor.storage.database.inserting import insert_or_replace
from monitor.storage.database.minute_row import MinuteRow
from monitor.storage.database.outbox import Outbox
from monitor.storage.database.pictures import PictureEntry, Pictures, PicturesOff, StoredPicture, picture_entries
from monitor.storage.database.retention import Gone, Retention
from monitor.storage.database.schema import ensure_schema
from monitor.storage.database.sizes import disk_bytes
from monitor.storage.database.tables import BASELINES, BED_STATES, CONFIGURATION_CHANGES
from monitor.storage.database.transactions import Transactions
from monitor.storage.database.transitions import RecordedTransitions
from monitor.storage.database.trend_row import TrendRow
from monitor.storage.database.trends import Trends
from monitor.storage.database.trouble import Cause, DatabaseTrouble, trouble
from monitor.storage.database.ward_snapshots import WardSnapshots
from monitor.ward.service import StorageSettings

UNNAMED_WARD = "ward"
"""What a ward is called that was given no name (``FacilitySettings.name``)."""
PAUSE_S = 0.02
"""Between two batches of ``prune``: who waits for the lock looks again about so often."""


class Database:
    """What a ward keeps. Alerts, states, outboxes and configuration changes are on the disk when a call returns."""

    def __init__(
        self, transactions: Transactions, ward: str, *, emotion_scores: bool = False, pixels_key: str | None = None
    ) -> None:
        """Use ``open``."""
        self.transactions = transactions
        self.ward = ward
        self._trends = Trends(transactions, ward, emotion_scores=emotion_scores)
        self._transitions = RecordedTransitions(transactions, ward)
        self._pictures = None if pixels_key is None else Pictures(transactions, ward, pixels_key)
        self.evidence = StoredEvidence(transactions, ward)
        self.snapshots = WardSnapshots(transactions, ward)

    @classmethod
    def open(
        cls,
        url: str,
        password: str | None = None,
        *,
        ward: str = UNNAMED_WARD,
        create: bool = True,
        migrate: bool = True,
        emotion_scores: bool = False,
        pixels_key: str | None = None,
        busy_s: float = BUSY_S,
        answer_s: float | None = None,
    ) -> Database:
        """Open the database at ``url`` (sqlite:////file or postgresql://user@host/name).

        ``ward`` is the name of the ward whose records are read and written; several may share a database.
        It is created when it is not there (``create``) and brought to this program's schema (``migrate``).
        ``emotion_scores``: whether trends keep emotions. ``pixels_key``: the key of pictures (64 hexadecimal digits);
        without it none is stored. ``busy_s``: longest wait for another program's lock. ``answer_s``: longest that a
        transaction may wait for a server once the database is open. Raises DatabaseTrouble, and ConfigurationError for
        a key that is none or another one than before.
        """
        place = parsed(url)
        if is_sqlite(place):
            _ensure_file(sqlite_file(place), create=create)
        transactions = Transactions(place, password, busy_s=busy_s)
        try:
            ensure_schema(transactions, ward, migrate=migrate)
            if answer_s is not None:
                transactions.give_up_after(answer_s)
            return cls(transactions, ward, emotion_scores=emotion_scores, pixels_key=pixels_key)
        except BaseException:
            transactions.close()
            raise

    @contextmanager
    def together(self) -> Iterator[None]:
        """Everything inside the block is one transaction: all on the disk when it has been left, or nothing."""
        with self.transactions.together():
            yield

    def record_transitions(self, batch: Sequence[Transition]) -> None:
        """Keep ``batch``; on the disk when this returns. To try again with the same batch is safe."""
        self._transitions.record(batch)

    def transitions(self, begin: datetime, end: datetime, bed: str | None = None) -> list[Transition]:
        """What was recorded from ``begin`` to before ``end``, in order; of one bed or all."""
        return self._transitions.between(begin, end, bed)

    def last_numbers(self) -> dict[str, tuple[int, int]]:
        """Per bed the highest transition and alert numbers, for ``bed_state.numbered_after``."""
        return self._transitions.last_numbers()

    def save_state(self, bed: str, state: str) -> None:
        """Keep where the alerts of ``bed`` stand (JSON of ``state_json.dump_state``)."""
        self._save(BED_STATES, "state", bed, state, sure=True)

    def load_state(self, bed: str) -> str | None:
        """What ``save_state`` kept last; None when nothing."""
        return self._load(BED_STATES, "state", bed)

    def save_baseline(self, bed: str, baseline: str) -> None:
        """Keep the neutral face of ``bed`` (JSON of ``Baseline.to_json``); a power cut may cost the last one."""
        self._save(BASELINES, "baseline", bed, baseline, sure=False)

    def load_baseline(self, bed: str) -> str | None:
        """What ``save_baseline`` kept last; None when nothing."""
        return self._load(BASELINES, "baseline", bed)

    def put_trend(self, rows: Sequence[TrendRow]) -> None:
        """Keep one row a bed and second; a minute is rolled up when the next one begins."""
        self._trends.put(rows)

    def keep_emotions(self, wanted: bool) -> None:
        """Whether trends keep emotions from now on."""
        self._trends.emotion_scores = wanted

    def trend_seconds(self, bed: str, begin: datetime, end: datetime) -> list[TrendRow]:
        """The seconds of ``bed`` from ``begin`` to before ``end``."""
        return self._trends.seconds(bed, begin, end)

    def trend_minutes(self, bed: str, begin: datetime, end: datetime) -> list[MinuteRow]:
        """The minutes of ``bed`` that begin from ``begin`` to before ``end``."""
        return self._trends.minutes(bed, begin, end)

    def record_configuration(self, at: datetime, by: str, summary: str, digest: str) -> None:
        """Keep that ``by`` changed the configuration: what (in words, without secrets), and the files' digest."""
        with self.transactions.sure() as connection:
            values = {"ward": self.ward, "at": at, "by": by, "summary": summary, "digest": digest}
            connection.execute(CONFIGURATION_CHANGES.insert(), values)

    def outbox(self, sink: str, most_messages: int, most_age_s: float) -> Outbox:
        """The messages that wait for ``sink``."""
        return Outbox(self.transactions, self.ward, sink, most_messages, most_age_s)

    def put_picture(self, picture: StoredPicture) -> int:
        """Keep ``picture``, encrypted; returns its id. PicturesOff without a key."""
        return self._pictures_or_raise().put(picture)

    def picture(self, picture_id: int) -> StoredPicture | None:
        """The picture, decrypted; None when it is gone. PicturesOff without a key."""
        return self._pictures_or_raise().read(picture_id)

    def picture_entries(self, bed: str, begin: datetime, end: datetime) -> list[PictureEntry]:
        """Which pictures of ``bed`` there are from ``begin`` to before ``end``."""
        return picture_entries(self.transactions, self.ward, bed, begin, end)

    def pruning(self, now_at: datetime, settings: StorageSettings) -> Iterator[Gone]:
        """Remove what ``settings`` no longer keep, a batch of some milliseconds with every ``next``."""
        self._trends.roll_up(now_at)
        yield from Retention(self.transactions, self.ward, settings).steps(now_at)

    def prune(self, now_at: datetime, settings: StorageSettings, pause_s: float = PAUSE_S) -> Gone:
        """Every batch of ``pruning`` with a pause after each, so that others get to write; rows that went by table."""
        gone: Counter[str] = Counter()
        pause = Event()
        for step in self.pruning(now_at, settings):
            gone.update(step)
            pause.wait(pause_s)
        return {table: count for table, count in gone.items() if count}

    def size_bytes(self) -> int:
        """What the files (SQLite, with its log) or tables (PostgreSQL, with indexes) take on the disk."""
        return disk_bytes(self.transactions)

    def compact(self) -> None:
        """SQLite: give all free room back to the file system; a file that was not made here is rewritten for it."""
        if not is_sqlite(self.transactions.url):
            return
        with self.transactions.read() as connection:
            incremental = connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one() == 2
        if not incremental:
            self.transactions.outside("PRAGMA auto_vacuum = INCREMENTAL", "VACUUM")
        self.transactions.outside("PRAGMA incremental_vacuum", "PRAGMA wal_checkpoint(TRUNCATE)")

    def as_ward(self, ward: str) -> Database:
        """The same connections for the records of another ward."""
        return Database(self.transactions, ward, emotion_scores=self._trends.emotion_scores)

    def close(self) -> None:
        """Close every connection. Closing twice is harmless."""
        self.transactions.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _pictures_or_raise(self) -> Pictures:
        if self._pictures is None:
            raise PicturesOff("pictures are stored and read only with privacy.pixels and its key")
        return self._pictures

    def _save(self, table: Table, column: str, bed: str, value: str, *, sure: bool) -> None:
        with self.transactions.sure() if sure else self.transactions.quick() as connection:
            connection.execute(insert_or_replace(connection, table, ("ward", "bed")), {**self._of(bed), column: value})

    def _load(self, table: Table, column: str, bed: str) -> str | None:
        with self.transactions.read() as connection:
            found = connection.execute(select(table.c[column]).filter_by(**self._of(bed))).scalar()
        return None if found is None else str(found)

    def _of(self, bed: str) -> dict[str, str]:
        return {"ward": self.ward, "bed": bed}


def _ensure_file(path: Path, *, create: bool) -> None:
    if path.is_dir():
        raise DatabaseTrouble(Cause.FOREIGN, f"{path}: is a folder; name a file")
    if path.exists():
        return
    if not create:
        raise DatabaseTrouble(Cause.MISSING, f"{path}: there is no such database")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        create_file(path)
    except FileExistsError:
        return
    except OSError as error:
        raise trouble(str(path), Cause.READ_ONLY, error.strerror or str(error)) from error
