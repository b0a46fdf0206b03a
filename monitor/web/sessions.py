"""Logins in the ward's database: a token that only the browser has, a hash of it here, an end for every one."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from monitor.storage.database.tables import SESSIONS, USERS
from monitor.storage.database.transactions import Transactions
from monitor.web.users import User, user_of_row

TOKEN_BYTES = 32
MOST_OF_ONE_USER = 20
SEEN_EVERY = timedelta(minutes=1)
"""``seen_at`` is written no more often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A login of ``user``. ``csrf`` is what a page must send along with everything that changes something."""

    token_hash: str
    csrf: str
    user: User
    created_at: datetime
    seen_at: datetime
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Session({self.user!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """``lasts`` at most; ``idle`` without a request at most, None for a display on the wall that nobody touches."""

    lasts: timedelta
    idle: timedelta | None


def hash_of(token: str) -> str:
    """What is kept of a token: it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin_session(
    transactions: Transactions, name: str, now_at: datetime, limits: SessionLimits, *, instead_of: str | None = None
) -> str:
    """Log ``name`` in; the token for the browser. The session with the token ``instead_of`` ends."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {
        "token_hash": hash_of(token),
        "name": name,
        "csrf": secrets.token_urlsafe(TOKEN_BYTES),
        "created_at": now_at,
        "seen_at": now_at,
        "expires_at": now_at + limits.lasts,
    }
    of_user = select(SESSIONS.c.token_hash).where(SESSIONS.c.name == name).order_by(SESSIONS.c.created_at.desc())
    with transactions.sure() as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at <= now_at))
        if instead_of is not None:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.token_hash == hash_of(instead_of)))
        oldest = connection.execute(of_user.offset(MOST_OF_ONE_USER - 1)).scalars().all()
        connection.execute(delete(SESSIONS).where(SESSIONS.c.token_hash.in_(oldest)))
        connection.execute(SESSIONS.insert(), values)
    return token


def find_session(transactions: Transactions, token: str, now_at: datetime, limits: SessionLimits) -> Session | None:
    """The session of ``token`` with its user as they are now; None when it ended or the user is gone."""
    query = (
        select(*SESSIONS.c, *(column for column in USERS.c if column.name not in ("name", "created_at")))
        .add_columns(USERS.c.created_at.label("user_created_at"))
        .join(USERS, USERS.c.name == SESSIONS.c.name)
        .where(SESSIONS.c.token_hash == hash_of(token))
    )
    with transactions.read() as connection:
        row = connection.execute(query).one_or_none()
    user = None if row is None else user_of_row(row)
    if row is None or user is None:
        return None
    session = Session(
        token_hash=row.token_hash,
        csrf=row.csrf,
        user=user,
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
    )
    return session if still_on(session, now_at, limits) else None


def still_on(session: Session, now_at: datetime, limits: SessionLimits) -> bool:
    """Whether ``session`` has not run out. A clock that was set back far ends it as well."""
    ends_at = min(session.expires_at, session.created_at + limits.lasts)
    idle = limits.idle is not None and now_at - session.seen_at > limits.idle
    return not idle and session.created_at - timedelta(hours=1) <= now_at < ends_at


def seen(transactions: Transactions, session: Session, now_at: datetime) -> None:
    """Somebody is there: written only when the last time was a while ago."""
    if now_at - session.seen_at < SEEN_EVERY:
        return
    with transactions.quick() as connection:
        ours = SESSIONS.c.token_hash == session.token_hash
        connection.execute(update(SESSIONS).where(ours).values(seen_at=now_at))


def end_session(transactions: Transactions, token: str) -> None:
    """Log out."""
    with transactions.sure() as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.token_hash == hash_of(token)))
