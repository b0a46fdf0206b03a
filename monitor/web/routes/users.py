"""The users of the page, for admins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from starlette.responses import Response

from monitor.web.access import Call, Rule
from monitor.web.body import choice, read_body, text, truth
from monitor.web.refusals import Refused, no_such_thing, unfit
from monitor.web.replies import as_json, said
from monitor.web.roles import BedRights, Right, Role, read_beds, told_beds
from monitor.web.routes.login import fit_name, new_hash, new_user
from monitor.web.users import LastAdmin, NameTaken, NoSuchUser, User, add_user, change_user, every_user, remove_user

_LOG = structlog.get_logger()


async def users(call: Call) -> Response:
    """All users."""
    found = await call.page.accounts.do(every_user)
    return as_json({"users": [_told(user, call.page.ward) for user in found]})


async def add(call: Call) -> Response:
    """Make a user."""
    page, body = call.page, await read_body(call.request)
    name, role, beds = fit_name(text(body, "name")), choice(body, "role", Role), _beds(body, page.ward)
    user = await new_user(
        page, name, text(body, "password"), role=role, beds=beds, pictures=truth(body, "pictures", False)
    )
    try:
        await page.accounts.do(lambda opened: add_user(opened, user))
    except NameTaken as error:
        raise Refused(409, str(error)) from None
    _LOG.info("a user was added", by=call.user.name, user=name, role=role.value)
    return said(f"{name} is a user now")


async def change(call: Call) -> Response:
    """Change what the body names of a user; a new password ends their logins."""
    page, body, name = call.page, await read_body(call.request), call.request.path_params["name"]
    role = choice(body, "role", Role) if "role" in body else None
    beds = _beds(body, page.ward) if "beds" in body else None
    pictures = truth(body, "pictures", False) if "pictures" in body else None
    kept = await new_hash(page, name, text(body, "password")) if body.get("password") is not None else None
    now_at = page.now_at()
    try:
        await page.accounts.do(
            lambda opened: change_user(
                opened, name, now_at, role=role, beds=beds, pictures=pictures, password_hash=kept
            )
        )
    except NoSuchUser:
        raise no_such_thing("such user") from None
    except LastAdmin as error:
        raise Refused(409, str(error)) from None
    _LOG.info("a user was changed", by=call.user.name, user=name)
    return said(f"{name} was changed")


async def remove(call: Call) -> Response:
    """Remove a user; their logins end."""
    name = call.request.path_params["name"]
    try:
        await call.page.accounts.do(lambda opened: remove_user(opened, name))
    except NoSuchUser:
        raise no_such_thing("such user") from None
    except LastAdmin as error:
        raise Refused(409, str(error)) from None
    _LOG.info("a user was removed", by=call.user.name, user=name)
    return said(f"{name} is no user any more")


def _told(user: User, ward: str) -> dict[str, Any]:
    return {
        "name": user.name,
        "role": user.role.value,
        "beds": told_beds(user.beds, ward),
        "pictures": user.pictures,
        "created_at": user.created_at.isoformat(timespec="seconds"),
    }


def _beds(body: Mapping[str, Any], ward: str) -> BedRights:
    try:
        return read_beds(body.get("beds"), ward)
    except ValueError as error:
        raise unfit(str(error)) from None


RULES = (
    Rule(method="GET", path="/api/users", right=Right.USERS, endpoint=users),
    Rule(method="POST", path="/api/users", right=Right.USERS, endpoint=add),
    Rule(method="PUT", path="/api/users/{name}", right=Right.USERS, endpoint=change),
    Rule(method="DELETE", path="/api/users/{name}", right=Right.USERS, endpoint=remove),
)
