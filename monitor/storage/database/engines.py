"""Connections to SQLite and PostgreSQL: how surely a commit is on the disk, how long to wait, who may read the file."""

from __future__ import annotations

import os
import sqlite3
import threading
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from monitor.clock import now_s
from monitor.errors import ServiceUnavailable
from monitor.storage.append_only import sync_folder

BUSY_S = 5.0
"""Longest wait for another program's lock."""
RETRY_S = 0.01
"""Pause between attempts where SQLite does not wait by itself."""
STATEMENT_S = 30.0
"""A statement that PostgreSQL has not finished by then is given up."""
CONNECT_S = 5
SILENT_MS = 15_000
"""A connection whose other end says nothing for so long is given up."""
WAL_BYTES = 16 << 20
"""The write-ahead log is cut to this length once its content is in the database."""
FILE_MODE = 0o640


class Sync(StrEnum):
    """What a commit waits for."""

    SURE = "sure"
    """On the disk when it returns: power may fail right after."""
    QUICK = "quick"
    """The last seconds may be lost when power fails; the database stays whole."""


class Access(StrEnum):
    """What transactions of an engine do; those that write take the lock at once, so that none fails halfway."""

    READ = "read"
    WRITE = "write"


def is_sqlite(url: URL) -> bool:
    """Whether ``url`` names a file."""
    return url.get_backend_name() == "sqlite"


def sqlite_file(url: URL) -> Path:
    """The file that a SQLite ``url`` names."""
    return Path(url.database or "")


def shown(url: URL) -> str:
    """``url`` for messages: the file, or the server without password and options."""
    if is_sqlite(url):
        return str(sqlite_file(url))
    return str(url.set(drivername="postgresql", password=None, query={}))


def parsed(url: str) -> URL:
    """``url`` with the driver that is used for it."""
    read = make_url(url)
    return read if is_sqlite(read) else read.set(drivername="postgresql+psycopg")


def engine_for(url: URL, password: str | None, sync: Sync, access: Access, *, busy_s: float = BUSY_S) -> Engine:
    """An engine with one connection."""
    if is_sqlite(url):
        return _sqlite(url, sync, access, busy_s)
    return _postgresql(url, password, sync, busy_s)


def create_file(path: Path) -> None:
    """Make an empty database file that others cannot read, and force its name onto the disk. OSError."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
    os.close(handle)
    sync_folder(path.parent)


def _sqlite(url: URL, sync: Sync, access: Access, busy_s: float) -> Engine:
    engine = create_engine(url, hide_parameters=True, pool_size=1, max_overflow=0, connect_args={"timeout": busy_s})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say so
        cursor = connection.cursor()
        cursor.execute("PRAGMA auto_vacuum = INCREMENTAL").fetchall()  # counts for a new file alone
        _log_ahead(cursor, busy_s)
        for pragma in (
            f"synchronous = {'FULL' if sync is Sync.SURE else 'NORMAL'}",
            f"journal_size_limit = {WAL_BYTES}",
            "temp_store = MEMORY",
            "trusted_schema = OFF",
            "cell_size_check = ON",
        ):
            cursor.execute(f"PRAGMA {pragma}").fetchall()
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if access is Access.READ else "BEGIN IMMEDIATE")

    return engine


def _log_ahead(cursor: sqlite3.Cursor, busy_s: float) -> None:
    """Turn write-ahead logging on. Where several programs do so to a new file at once, SQLite says at once that it is
    locked instead of waiting as it does for every other lock. sqlite3.OperationalError after ``busy_s``."""
    until_s = now_s() + busy_s
    pause = threading.Event()
    while cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            cursor.execute("PRAGMA journal_mode = WAL").fetchall()
            return  # also where the place allows another kind of journal alone
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or now_s() >= until_s:
                raise
            pause.wait(RETRY_S)


def _postgresql(url: URL, password: str | None, sync: Sync, busy_s: float) -> Engine:
    options = {
        "synchronous_commit": "on" if sync is Sync.SURE else "off",
        "lock_timeout": f"{round(busy_s * 1000)}",
        "statement_timeout": f"{round(STATEMENT_S * 1000)}",
        "idle_in_transaction_session_timeout": "60000",
        "timezone": "UTC",
    }
    arguments: dict[str, Any] = {
        "connect_timeout": CONNECT_S,
        "application_name": "vigil",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": SILENT_MS,
        "options": " ".join([*_own_options(url), *(f"-c {name}={value}" for name, value in options.items())]),
    }
    if password is not None:
        arguments["password"] = password
    try:
        return create_engine(
            url, hide_parameters=True, pool_size=1, max_overflow=0, pool_pre_ping=True, connect_args=arguments
        )
    except ImportError as error:
        raise ServiceUnavailable(f"{shown(url)}: PostgreSQL's driver is missing; install vigil[postgresql]") from error


def _own_options(url: URL) -> list[str]:
    """The options that the address itself names (``?options=-csearch_path%3Dward``)."""
    said = url.query.get("options", ())
    return [said] if isinstance(said, str) else [*said]
