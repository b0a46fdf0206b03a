"""What goes wrong with a database, as one kind of error with an enumerated cause and words that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from monitor.errors import ServiceUnavailable


class Cause(StrEnum):
    """Why the database could not do what it was asked."""

    FULL = "full"
    READ_ONLY = "read_only"
    LOCKED = "locked"
    DAMAGED = "damaged"
    FAILED = "failed"
    """The disk or its file system reports an error."""
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    """The server knows neither this user nor this database, or does not let it do this."""
    MISSING = "missing"
    TOO_NEW = "too_new"
    TOO_OLD = "too_old"
    """Of an earlier program, and it was not asked to migrate."""
    FOREIGN = "foreign"
    """Somebody else's database."""
    UNEXPECTED = "unexpected"
    """What only a fault in this program or a changed schema can bring about."""


_ADVICE = {
    Cause.FULL: "there is no room left; free some, or lower storage.largest_mib and run `vigil data prune`",
    Cause.READ_ONLY: "cannot be written; give its folder and file to the user of the service, on a writable disk",
    Cause.LOCKED: "another program holds it locked; end that one (or its long transaction) and try again",
    Cause.DAMAGED: "is damaged; stop the service, move the file with its -wal and -shm aside, put a backup in its "
    "place or start without one (alerts also stand in the alert journal)",
    Cause.FAILED: "the disk or its file system fails; look into the system's log and check the disk",
    Cause.UNREACHABLE: "the server does not answer; check that it runs and that this machine reaches it",
    Cause.REFUSED: "the server refuses; check user, password credential, database name and privileges",
    Cause.UNEXPECTED: "did not take a statement; see with `vigil data check` whether its tables are whole",
}


class DatabaseTrouble(ServiceUnavailable):
    """The database did not do what it was asked, and nothing of it was done; ``cause`` says why. Exit code 69."""

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause = cause


_SQLITE = {
    sqlite3.SQLITE_FULL: Cause.FULL,
    sqlite3.SQLITE_READONLY: Cause.READ_ONLY,
    sqlite3.SQLITE_PERM: Cause.READ_ONLY,
    sqlite3.SQLITE_AUTH: Cause.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: Cause.READ_ONLY,
    sqlite3.SQLITE_BUSY: Cause.LOCKED,
    sqlite3.SQLITE_LOCKED: Cause.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Cause.LOCKED,
    sqlite3.SQLITE_CORRUPT: Cause.DAMAGED,
    sqlite3.SQLITE_NOTADB: Cause.DAMAGED,
    sqlite3.SQLITE_IOERR: Cause.FAILED,
}
_POSTGRESQL = (
    ("53100", Cause.FULL),
    ("25006", Cause.READ_ONLY),
    ("55P03", Cause.LOCKED),
    ("57014", Cause.LOCKED),
    ("40", Cause.LOCKED),
    ("XX", Cause.DAMAGED),
    ("58", Cause.FAILED),
    ("28", Cause.REFUSED),
    ("3D", Cause.REFUSED),
    ("42501", Cause.REFUSED),
    ("08", Cause.UNREACHABLE),
    ("53", Cause.UNREACHABLE),
    ("57", Cause.UNREACHABLE),
)
"""SQLSTATE, or the class it begins with; the first that fits counts."""


def cause_of(origin: BaseException | None) -> Cause:
    """What the driver's error means."""
    if isinstance(origin, sqlite3.Error):
        return _SQLITE.get(getattr(origin, "sqlite_errorcode", 0) & 0xFF, Cause.UNEXPECTED)
    state = getattr(origin, "sqlstate", None)
    if state is None:
        refused = any(word in str(origin) for word in ("authentication failed", "does not exist", "no pg_hba.conf"))
        operational = type(origin).__name__ in {"OperationalError", "InterfaceError", "ConnectionTimeout"}
        return Cause.REFUSED if refused else Cause.UNREACHABLE if operational else Cause.UNEXPECTED
    return next((cause for beginning, cause in _POSTGRESQL if state.startswith(beginning)), Cause.UNEXPECTED)


@contextmanager
def told_as_trouble(where: str) -> Iterator[None]:
    """Turn the driver's errors inside the block into DatabaseTrouble whose message begins with ``where``."""
    try:
        yield
    except DBAPIError as error:
        raise trouble(where, cause_of(error.orig), str(error.orig)) from error
    except sqlite3.Error as error:
        raise trouble(where, cause_of(error), str(error)) from error
    except PoolTimeout as error:
        raise trouble(where, Cause.LOCKED, "its connection is in use") from error


def trouble(where: str, cause: Cause, said: str) -> DatabaseTrouble:
    """The error to raise for ``cause``; ``said`` is the driver's own word, cut to one line."""
    line = " ".join(said.split())
    return DatabaseTrouble(cause, f"{where}: {_ADVICE[cause]} ({line[:200]})")
