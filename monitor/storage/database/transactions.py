"""Transactions of one database: sure, quick or reading, alone or joined into one; the driver's errors become ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from monitor.storage.database.answering import Answering
from monitor.storage.database.engines import BUSY_S, Access, Sync, engine_for, is_sqlite, shown
from monitor.storage.database.trouble import Cause, told_as_trouble, trouble


class Transactions:
    """Connections to the database at ``url``, used by one thread at a time. Everything raises DatabaseTrouble.

    A transaction is done wholly or not at all; after trouble the next one begins anew, on a new connection if need be.
    """

    def __init__(self, url: URL, password: str | None, *, busy_s: float = BUSY_S) -> None:
        self.url = url
        self.where = shown(url)
        self.undone = 0
        """How many transactions were rolled back: what was remembered of their content is to be read again."""
        self._sure = engine_for(url, password, Sync.SURE, Access.WRITE, busy_s=busy_s)
        self._quick = engine_for(url, password, Sync.QUICK, Access.WRITE, busy_s=busy_s)
        self._reading = engine_for(url, password, Sync.QUICK, Access.READ, busy_s=busy_s)
        self._joined: Connection | None = None
        self._picture: Connection | None = None
        self._spoilt: BaseException | None = None
        self._answering: Answering | None = None

    def give_up_after(self, answer_s: float) -> None:
        """From now on a transaction with a server takes no longer, whatever the server does; SQLite answers itself."""
        if self._answering is None and not is_sqlite(self.url):
            self._answering = Answering(answer_s)
            for engine in (self._sure, self._quick, self._reading):
                self._answering.watch(engine)

    @contextmanager
    def sure(self) -> Iterator[Connection]:
        """Write; on the disk when the block has been left. Inside ``together``: when that has been left."""
        with self._joined_or(self._sure) as connection:
            yield connection

    @contextmanager
    def quick(self) -> Iterator[Connection]:
        """Write; the last seconds may be lost when power fails. Inside ``together`` as sure as that."""
        with self._joined_or(self._quick) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read one consistent picture, inside another ``read`` the same; inside ``together`` with what that wrote."""
        if self._joined is None and self._picture is not None:
            yield self._picture
            return
        with self._joined_or(self._reading) as connection:
            self._picture = connection
            try:
                yield connection
            finally:
                self._picture = None

    @contextmanager
    def together(self) -> Iterator[None]:
        """Everything inside the block is one sure transaction: all of it is on the disk afterwards, or nothing."""
        if self._joined is not None:
            yield
            return
        with self._counted(self._sure) as connection:
            self._joined, self._spoilt = connection, None
            try:
                yield
                if self._spoilt is not None:
                    raise self._spoilt
            finally:
                self._joined = None

    def outside(self, *statements: str) -> None:
        """SQLite alone: run what cannot be done inside a transaction (VACUUM, checkpoints), each to its end."""
        with told_as_trouble(self.where):
            connection = self._quick.raw_connection()
            driver: Any = connection.driver_connection
            try:
                for statement in statements:
                    # execute() would stop after the first page that incremental_vacuum gives back
                    driver.executescript(statement)
            finally:
                connection.close()

    def close(self) -> None:
        """Close every connection; harmless when repeated."""
        for engine in (self._sure, self._quick, self._reading):
            engine.dispose()
        if self._answering is not None:
            self._answering.close()
            self._answering = None

    @contextmanager
    def _joined_or(self, engine: Engine) -> Iterator[Connection]:
        if self._joined is None:
            with self._counted(engine) as connection:
                yield connection
            return
        try:
            with told_as_trouble(self.where):
                yield self._joined
        except BaseException as error:
            self._spoilt = error  # even when the caller goes on, half of what belongs together is not kept
            raise

    @contextmanager
    def _counted(self, engine: Engine) -> Iterator[Connection]:
        answering = self._answering
        if answering is not None and answering.resting:
            raise trouble(self.where, Cause.UNREACHABLE, "it was asked in vain a moment ago")
        limited = nullcontext() if answering is None else answering.limited()
        try:
            with told_as_trouble(self.where), limited, engine.begin() as connection:
                yield connection
        except BaseException:
            self.undone += 1
            raise
