"""Retention beside everything else: a thread with a connection of its own, so that no alert waits for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Thread

from monitor.errors import VigilError
from monitor.service.log import log
from monitor.storage.database.database import Database
from monitor.ward.service import StorageSettings

_END_S = 3.0


class Pruning:
    """``begin`` one round; a round that is still on is not begun again."""

    def __init__(self, open_database: Callable[[], Database]) -> None:
        self._open = open_database
        self._thread: Thread | None = None

    def begin(self, now_at: datetime, settings: StorageSettings) -> None:
        """Let go of what need not be kept any longer; what went wrong is logged and tried with the next round."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._thread = Thread(target=self._run, args=(now_at, settings), name="pruning", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait a little for a round that is on; it can be cut off at any moment."""
        if self._thread is not None:
            self._thread.join(_END_S)

    def _run(self, now_at: datetime, settings: StorageSettings) -> None:
        try:
            with self._open() as database:
                gone = {table: rows for table, rows in database.prune(now_at, settings).items() if rows}
        except VigilError as error:
            log().warning("retention", trouble=str(error))
        else:
            log().info("retention", gone=gone)
