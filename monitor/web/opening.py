"""The ward's database as the page uses it: opened when first needed, by one thread at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from monitor.storage.database.database import Database
from monitor.storage.database.transactions import Transactions
from monitor.storage.database.trouble import Cause, DatabaseTrouble

ANSWER_S = 5.0
"""Longest wait for a server's answer."""
LOCK_S = 10.0
"""Longest wait for another request's use of the same connection."""
Result = TypeVar("Result")


class Opening:
    """Makes connections with ``open_database`` (which raises DatabaseTrouble) and keeps them until ``close``."""

    def __init__(self, open_database: Callable[[], Database]) -> None:
        self._open = open_database
        self._database: Database | None = None
        self._lock = Lock()

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The database for this thread alone. DatabaseTrouble also when it is in use for too long."""
        if not self._lock.acquire(timeout=LOCK_S):
            raise DatabaseTrouble(Cause.LOCKED, "the database is busy; try again")
        try:
            if self._database is None:
                self._database = self._open()
            yield self._database
        finally:
            self._lock.release()

    async def do(self, work: Callable[[Transactions], Result]) -> Result:
        """``work`` on a thread of its own; DatabaseTrouble."""

        def run() -> Result:
            with self.database() as opened:
                return work(opened.transactions)

        return await run_in_threadpool(run)

    def close(self) -> None:
        """Close every connection. Closing twice is harmless."""
        with self._lock:
            opened, self._database = self._database, None
        if opened is not None:
            opened.close()
