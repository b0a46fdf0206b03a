"""Which schema a database has, and how it gets this program's: all missing revisions in one transaction, or none."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from monitor.storage.database.tables import METADATA
from monitor.storage.database.transactions import Transactions
from monitor.storage.database.trouble import Cause, DatabaseTrouble

NEWEST = "0003"
"""The revision that ``tables`` describes."""
VERSION_TABLE = "vigil_schema"
_ONE_AT_A_TIME = 0x7669_6769_6C
"""PostgreSQL's lock under which one program migrates while others wait."""


def found_schema(connection: Connection, where: str) -> str | None:
    """The revision of the database, None for an empty one. DatabaseTrouble when it is not ours."""
    names = set(inspect(connection).get_table_names())
    if VERSION_TABLE in names:
        found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
        if found is not None:
            return str(found)
    others = names - {VERSION_TABLE} if connection.dialect.name == "sqlite" else names & set(METADATA.tables)
    if others:
        raise DatabaseTrouble(
            Cause.FOREIGN,
            f"{where}: is no database of vigil (it has a table {min(others)} and no {VERSION_TABLE}); name another one",
        )
    return None


def ensure_schema(transactions: Transactions, ward: str, *, migrate: bool) -> str | None:
    """Bring the database to ``NEWEST``; returns what it had before. DatabaseTrouble when it is newer or not ours.

    What a database of one ward alone holds already becomes ``ward``'s. With ``migrate`` off, an older or empty one is
    refused instead.
    """
    where = transactions.where
    with transactions.read() as connection:
        found = found_schema(connection, where)
    if found == NEWEST:
        return found
    _check(found, where, migrate=migrate)
    with transactions.sure() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
        _check(found_schema(connection, where), where, migrate=migrate)
        upgrade(connection, ward)
    return found


def upgrade(connection: Connection, ward: str, to: str = "head") -> None:
    """Run the revisions that are missing up to ``to``, in the transaction of ``connection``, for ``ward``."""
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection, "version_table": VERSION_TABLE, "ward": ward})
    folder = Path(__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, to)


def _check(found: str | None, where: str, *, migrate: bool) -> None:
    if found is not None and (not found.isdigit() or int(found) > int(NEWEST)):
        raise DatabaseTrouble(
            Cause.TOO_NEW,
            f"{where}: was written by a newer version of vigil (schema {found}, this one knows up to {NEWEST}); "
            "install that version again, or put a backup of before in its place",
        )
    if not migrate and found != NEWEST:
        has = "is empty" if found is None else f"has schema {found} of an earlier version, this one wants {NEWEST}"
        raise DatabaseTrouble(Cause.TOO_OLD, f"{where}: {has}; start the service once, or run `vigil data migrate`")
