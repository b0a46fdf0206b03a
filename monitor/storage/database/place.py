"""Where the database of a ward lies, and opening it from a command line."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from monitor.errors import UsageError
from monitor.ward.service import StorageSettings
from monitor.ward.values import DatabaseUrl

FILE = "vigil.sqlite"
STATE_DIRECTORY = Path("/var/lib/vigil")
"""The service's state directory where systemd names none."""


def database_url(settings: StorageSettings, state_directory: Path | None) -> str:
    """storage.database_url; where it is not set, ``vigil.sqlite`` in the state directory (absolute)."""
    if settings.database_url is not None:
        return settings.database_url
    return file_url((state_directory or STATE_DIRECTORY) / FILE)


def file_url(path: Path) -> str:
    """The address of a SQLite file."""
    return f"sqlite:///{path.absolute()}"


def url_of(said: str) -> str:
    """What somebody wrote on the command line, an address or the name of a SQLite file; UsageError."""
    if "://" not in said:
        return file_url(Path(said))
    try:
        return str(TypeAdapter(DatabaseUrl).validate_python(said))
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"--database: {reason}") from None
