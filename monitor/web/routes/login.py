"""Logging in and out, the first admin, one's own password."""

from __future__ import annotations

import math
from importlib.metadata import version

import structlog
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from monitor.errors import OutputError, UsageError
from monitor.web.access import COOKIE, Call, Rule
from monitor.web.address import address_of, is_secure
from monitor.web.body import read_body, text
from monitor.web.page import Page, session_limits
from monitor.web.passwords import weakness
from monitor.web.refusals import Refused, unfit
from monitor.web.replies import as_json, done
from monitor.web.roles import BedRights, Right, Role, may, told_beds
from monitor.web.sessions import begin_session, end_session
from monitor.web.setup import right_code, used
from monitor.web.users import NameTaken, User, add_user, any_user, change_user, find_user, tidy_user_name

_LOG = structlog.get_logger()
_WRONG = "name or password is wrong"
_SETUP = "\0set-up"
"""Under this name wrong set-up codes are counted; no user can have it."""


async def session(call: Call) -> Response:
    """Who is logged in, and what the page must know before anybody is."""
    page, configuration = call.page, call.page.configuration
    found = await page.signed_in.find(call.request.cookies.get(COOKIE))
    user = None if found is None else found.user
    needed = user is None and not await page.accounts.do(any_user)
    return as_json(
        {
            "user": None if user is None else told_self(user, page.ward),
            "setup_needed": needed,
            "csrf": None if found is None else found.csrf,
            "language": configuration.page.language,
            "ward": configuration.ward,
            "version": version("vigil"),
            "demo": False,
        }
    )


async def setup(call: Call) -> Response:
    """Make the first admin, with the code from the service's state directory."""
    page, body = call.page, await read_body(call.request)
    code, said_name, password = (text(body, name) for name in ("code", "name", "password"))
    address = address_of(call.request, page.configuration.page)
    _refuse_too_many(page, _SETUP, address)
    state = page.configuration.state
    if not right_code(state, code):
        page.login_limits.failed(_SETUP, address, page.now_s())
        raise Refused(401, "the set-up code is wrong; the service's log says where it lies")
    name = fit_name(said_name)
    user = await new_user(page, name, password, role=Role.ADMIN, beds=BedRights(beds=None), pictures=True)
    try:
        await page.accounts.do(lambda opened: add_user(opened, user, first=True))
    except NameTaken:
        raise Refused(409, "the page has been set up already; log in") from None
    try:
        used(state)
    except OutputError as error:
        _LOG.warning("the set-up code could not be removed; it no longer opens anything", because=str(error))
    _LOG.info("the page was set up", by=name)
    return await _logged_in(call, name)


async def login(call: Call) -> Response:
    """Log in; a session that the browser had before ends."""
    page, body = call.page, await read_body(call.request)
    said_name, password = text(body, "name"), text(body, "password")
    address = address_of(call.request, page.configuration.page)
    _refuse_too_many(page, said_name, address)
    user = await page.accounts.do(lambda opened: find_user(opened, said_name))
    # counted before the check, which takes its time: many at once must not all slip in before the first fails
    page.login_limits.failed(said_name, address, page.now_s())
    kept = None if user is None else user.password_hash
    fits = await to_thread.run_sync(page.passwords.fits, kept, password, limiter=page.hashing)
    if user is None or not fits:
        _LOG.warning("a login failed", address=address)
        raise Refused(401, _WRONG)
    page.login_limits.succeeded(said_name, address)
    return await _logged_in(call, user.name)


async def logout(call: Call) -> Response:
    """Log out."""
    token = call.request.cookies.get(COOKIE, "")
    await call.page.accounts.do(lambda opened: end_session(opened, token))
    reply = done()
    reply.delete_cookie(COOKIE, path="/", secure=_secure(call), httponly=True, samesite="strict")
    return reply


async def password(call: Call) -> Response:
    """Change one's own password; every other login of one's own ends."""
    page, user, body = call.page, call.user, await read_body(call.request)
    old, new = text(body, "old"), text(body, "new")
    address = address_of(call.request, page.configuration.page)
    _refuse_too_many(page, user.name, address)
    page.login_limits.failed(user.name, address, page.now_s())
    if not await to_thread.run_sync(page.passwords.fits, user.password_hash, old, limiter=page.hashing):
        raise Refused(403, "the old password is wrong")
    page.login_limits.succeeded(user.name, address)
    kept = await new_hash(page, user.name, new)
    now_at = page.now_at()
    await page.accounts.do(lambda opened: change_user(opened, user.name, now_at, password_hash=kept))
    _LOG.info("a password was changed", by=user.name)
    return await _logged_in(call, user.name)


async def new_user(page: Page, name: str, password: str, *, role: Role, beds: BedRights, pictures: bool) -> User:
    """A user with the hash of ``password``; Refused (422) when it is too weak."""
    kept, now_at = await new_hash(page, name, password), page.now_at()
    return User(
        name=name, role=role, beds=beds, pictures=pictures, password_hash=kept, created_at=now_at, changed_at=now_at
    )


async def new_hash(page: Page, name: str, password: str) -> str:
    """What is kept of ``password``; Refused (422) when it is too weak."""
    if (why := weakness(password, name)) is not None:
        raise unfit(why)
    return await to_thread.run_sync(page.passwords.hash, password, limiter=page.hashing)


def told_self(user: User, ward: str) -> dict[str, object]:
    """A user as the page is told; ``pictures`` is what they may, by role or by permission."""
    return {
        "name": user.name,
        "role": user.role.value,
        "pictures": may(user.role, Right.PICTURE, pictures=user.pictures),
        "beds": told_beds(user.beds, ward),
    }


async def _logged_in(call: Call, name: str) -> Response:
    page, before = call.page, call.request.cookies.get(COOKIE)
    limits, now_at = session_limits(page.configuration), page.now_at()
    token = await page.accounts.do(lambda opened: begin_session(opened, name, now_at, limits, instead_of=before))
    reply = done()
    reply.set_cookie(
        COOKIE,
        token,
        max_age=math.floor(limits.lasts.total_seconds()),
        path="/",
        secure=_secure(call),
        httponly=True,
        samesite="strict",
    )
    return reply


def _secure(call: Call) -> bool:
    request: Request = call.request
    return is_secure(request, call.page.configuration.page)


def fit_name(said: str) -> str:
    """The name as it is kept; Refused (422) when it cannot be one."""
    try:
        return tidy_user_name(said)
    except UsageError as error:
        raise unfit(str(error)) from None


def _refuse_too_many(page: Page, name: str, address: str) -> None:
    limits, settings = page.login_limits, page.configuration.page
    limits.failed_logins, limits.lockout_s = settings.failed_logins, settings.lockout_s
    wait_s = limits.wait_s(name, address, page.now_s())
    if wait_s > 0:
        wait = {"Retry-After": str(math.ceil(wait_s))}
        raise Refused(429, f"too many failed logins; try again in {math.ceil(wait_s / 60)} min", wait)


RULES = (
    Rule(method="GET", path="/api/session", right=Right.ANYBODY, endpoint=session),
    Rule(method="POST", path="/api/setup", right=Right.ANYBODY, endpoint=setup),
    Rule(method="POST", path="/api/login", right=Right.ANYBODY, endpoint=login),
    Rule(method="POST", path="/api/logout", right=Right.SEE, endpoint=logout),
    Rule(method="POST", path="/api/password", right=Right.SEE, endpoint=password),
)
