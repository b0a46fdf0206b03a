"""The users of the page in the ward's database. The last admin stays an admin."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from monitor.errors import UsageError
from monitor.storage.database.inserting import insert_once
from monitor.storage.database.tables import SESSIONS, USERS
from monitor.storage.database.transactions import Transactions
from monitor.web.roles import ALL_BEDS, BedRights, Role

_NAME = re.compile(r"[^\W_](?:[\w .@'-]{0,62}[\w.])?")
_LAST_ADMIN = "is the last admin; make somebody else admin first"


class NameTaken(UsageError):
    """A user of this name is there already."""


class LastAdmin(UsageError):
    """Nobody would be left who can make users."""


class NoSuchUser(UsageError):
    """There is no user of this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """``pictures`` lets a viewer see live pictures. ``password_hash`` is no text for people."""

    name: str
    role: Role
    beds: BedRights
    pictures: bool = False
    password_hash: str
    created_at: datetime
    changed_at: datetime

    def __repr__(self) -> str:
        return f"User({self.name!r}, {self.role})"


def tidy_user_name(said: str) -> str:
    """``said`` as it is kept; UsageError when it cannot be a name."""
    name = unicodedata.normalize("NFC", said).strip()
    if not _NAME.fullmatch(name):
        raise UsageError("a user's name has 1 to 64 letters, digits, blanks or . - _ @ ' and begins with a letter")
    return name


def every_user(transactions: Transactions) -> list[User]:
    """All of them, by name."""
    with transactions.read() as connection:
        return [_user(row) for row in connection.execute(select(USERS).order_by(USERS.c.name))]


def any_user(transactions: Transactions) -> bool:
    """Whether there is one."""
    with transactions.read() as connection:
        return connection.execute(select(USERS.c.name).limit(1)).first() is not None


def find_user(transactions: Transactions, name: str) -> User | None:
    """The user ``name``; upper and lower case are the same."""
    wanted = unicodedata.normalize("NFC", name).strip().casefold()
    return next((user for user in every_user(transactions) if user.name.casefold() == wanted), None)


def add_user(transactions: Transactions, user: User, *, first: bool = False) -> None:
    """Keep a new user. NameTaken; with ``first`` also when there is any user at all."""
    with transactions.sure() as connection:
        _one_at_a_time(connection)
        names = connection.execute(select(USERS.c.name)).scalars().all()
        if (first and names) or user.name.casefold() in {name.casefold() for name in names}:
            raise NameTaken("there are users already" if first else f"there is a user {user.name} already")
        connection.execute(insert_once(connection, USERS), _values(user))


def change_user(
    transactions: Transactions,
    name: str,
    at: datetime,
    *,
    role: Role | None = None,
    beds: BedRights | None = None,
    pictures: bool | None = None,
    password_hash: str | None = None,
) -> None:
    """Change what is given; a new password ends every session of the user. NoSuchUser, LastAdmin."""
    values: dict[str, Any] = {"changed_at": at}
    values |= {} if role is None else {"role": role.value}
    values |= {} if beds is None else {"beds": _beds_json(beds)}
    values |= {} if pictures is None else {"pictures": pictures}
    values |= {} if password_hash is None else {"password_hash": password_hash}
    with transactions.sure() as connection:
        _one_at_a_time(connection)
        if role is not None and role is not Role.ADMIN:
            _refuse_last_admin(connection, name)
        if not connection.execute(update(USERS).where(USERS.c.name == name).values(values)).rowcount:
            raise NoSuchUser(f"there is no user {name}")
        if password_hash is not None:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.name == name))


def remove_user(transactions: Transactions, name: str) -> None:
    """Remove the user and end every session of theirs. NoSuchUser, LastAdmin."""
    with transactions.sure() as connection:
        _one_at_a_time(connection)
        _refuse_last_admin(connection, name)
        connection.execute(delete(SESSIONS).where(SESSIONS.c.name == name))
        if not connection.execute(delete(USERS).where(USERS.c.name == name)).rowcount:
            raise NoSuchUser(f"there is no user {name}")


def user_of_row(row: Row[Any]) -> User | None:
    """The user in ``row``; None when a row was changed by hand into what cannot be read: such a user may nothing."""
    try:
        return _user(row)
    except ValueError:
        return None


def _one_at_a_time(connection: Connection) -> None:
    """SQLite lets one program write anyway; PostgreSQL must be told, else two admins could remove each other."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")


def _refuse_last_admin(connection: Connection, name: str) -> None:
    admin = USERS.c.role == Role.ADMIN.value
    is_admin = connection.execute(select(USERS.c.name).where(admin, USERS.c.name == name)).first() is not None
    others = connection.execute(select(func.count()).where(admin, USERS.c.name != name)).scalar_one()
    if is_admin and not others:
        raise LastAdmin(f"{name} {_LAST_ADMIN}")


def _values(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role.value,
        "beds": _beds_json(user.beds),
        "pictures": user.pictures,
        "password_hash": user.password_hash,
        "created_at": user.created_at,
        "changed_at": user.changed_at,
    }


def _beds_json(rights: BedRights) -> str:
    return json.dumps(ALL_BEDS if rights.beds is None else sorted(rights.beds), ensure_ascii=False)


def _user(row: Row[Any]) -> User:
    beds = json.loads(row.beds)
    if beds != ALL_BEDS and not isinstance(beds, list):
        raise ValueError("beds")
    return User(
        name=row.name,
        role=Role(row.role),
        beds=BedRights(beds=None if beds == ALL_BEDS else frozenset(map(str, beds))),
        pictures=bool(row.pictures),
        password_hash=row.password_hash,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
