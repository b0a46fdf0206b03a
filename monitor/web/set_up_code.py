"""Leaves the code for the first admin in the state directory while the page has no user, and takes it away after."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import Callable

from sqlalchemy import func, select

from monitor.errors import VigilError
from monitor.service.log import log
from monitor.storage.database.database import Database
from monitor.storage.database.tables import USERS
from monitor.web.link import PageConfiguration
from monitor.web.setup import FILE

LOOK_S = 10.0
"""How often it is looked whether there are users by now."""
SELDOM_S = 120.0
"""The same once there are: the last one may be removed at the machine."""
_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for another."""
_GROUPS, _GROUP = 5, 4


async def offer_set_up(configuration: Callable[[], PageConfiguration]) -> None:
    """Look for ever; a database or disk that cannot be used is tried again."""
    said = False
    while True:
        pause_s = LOOK_S
        with contextlib.suppress(VigilError):
            said = await asyncio.to_thread(look, configuration(), said=said)
            pause_s = LOOK_S if said else SELDOM_S
        await asyncio.sleep(pause_s)


def look(configuration: PageConfiguration, *, said: bool) -> bool:
    """Make the code's file or take it away; whether it is there and the log said where. DatabaseTrouble."""
    path = configuration.state / FILE
    if _has_users(configuration):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        return False
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        if not said:
            log().error("page", trouble=f"{path}: the code for the first admin cannot be left: {error.strerror}")
        return True
    else:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(new_code() + "\n")
    if not said:
        log().warning("page", first_user=f"nobody may log in yet; the code for the first admin lies in {path}")
    return True


def new_code() -> str:
    """About 99 bits, in groups that can be read out."""
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def _has_users(configuration: PageConfiguration) -> bool:
    password = configuration.database_password
    with (
        Database.open(
            configuration.database_url,
            None if password is None else password.reveal(),
            ward=configuration.ward,
            create=False,
            migrate=False,
        ) as database,
        database.transactions.read() as connection,
    ):
        return bool(connection.execute(select(func.count()).select_from(USERS)).scalar_one())
