"""The ward at a glance, once or as it changes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import anyio
from starlette.responses import Response

from monitor.storage.database.trouble import DatabaseTrouble
from monitor.web.access import COOKIE, Call, Rule
from monitor.web.page import Page
from monitor.web.refusals import away
from monitor.web.replies import as_json
from monitor.web.roles import Right, may
from monitor.web.sessions import Session
from monitor.web.streams import LiveResponse
from monitor.web.users import User
from monitor.web.ward_view import Viewpoint, other_ward, ward_view

MOST_WATCHERS = 64
MOST_OF_ONE_LOGIN = 8
PAUSE_S = 0.5
"""At most two events a second."""
AT_LEAST_EVERY_S = 2.0
"""A page that hears nothing for a few seconds says that the connection is lost."""
_GONE = b"event: signed_out\ndata: {}\n\n"


async def ward(call: Call) -> Response:
    """The ward now."""
    view = told_ward(call.page, call.user)
    if view is None:
        raise away("the service has not said anything yet")
    return as_json(view)


async def events(call: Call) -> Response:
    """The ward whenever it changes, as Server-Sent Events, until the login ends."""
    page, session = call.page, call.session
    if session is None:
        raise away("no login")
    places = {"events": MOST_WATCHERS, f"events of {session.token_hash}": MOST_OF_ONE_LOGIN}
    watch = Watch(page, session, call.request.cookies.get(COOKIE, ""))
    unheld = {"X-Accel-Buffering": "no"}  # for proxies that would wait for more
    chunks = _told(page, watch)
    return LiveResponse(chunks, "text/event-stream", watch.allowed, page.viewers, places, unheld, last=_GONE)


class Watch:
    """Whether a login still stands, looked up anew: the user's rights as they are then count."""

    def __init__(self, page: Page, session: Session, token: str, right: Right = Right.SEE, bed: str = "") -> None:
        self.user = session.user
        self._page = page
        self._token = token
        self._right = right
        self._bed = bed

    async def allowed(self) -> bool:
        """Look it up. When nobody can say for long, it no longer does."""
        try:
            session = await self._page.signed_in.find(self._token)
        except DatabaseTrouble:
            return False
        if session is None:
            return False
        user = session.user
        self.user = user
        allowed = may(user.role, self._right, pictures=user.pictures)
        return allowed and (not self._bed or user.beds.allow(self._page.ward, self._bed))


def told_ward(page: Page, user: User) -> dict[str, Any] | None:
    """The ward as ``user`` may see it; None before the service's first word."""
    status, configuration = page.link.snapshot(), page.configuration
    if status is None:
        return None
    sees_all = user.beds.beds is None
    emotions = configuration.privacy.emotion_scores

    def viewpoint(name: str) -> Viewpoint:
        return Viewpoint(
            sees=lambda bed: user.beds.allow(name, bed),
            acknowledge=may(user.role, Right.ACT, pictures=user.pictures),
            picture=may(user.role, Right.PICTURE, pictures=user.pictures),
            service=sees_all,
            emotions=emotions,
        )

    own, known = configuration.ward, page.history.known
    view = ward_view(status, page.link.age_s(), configuration.beds, viewpoint(own), known)
    now = page.now_at()
    others = [
        other_ward(entry.ward, other, _age_s(entry.at, now), viewpoint(entry.ward))
        for entry, other in page.history.others
    ]
    return {**view, "other_wards": [other for other in others if other["beds"] or sees_all]}


async def _told(page: Page, watch: Watch) -> AsyncIterator[bytes]:
    number = page.link.number()
    while True:
        view = told_ward(page, watch.user)
        if view is not None:
            payload = json.dumps(view, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            yield f"event: ward\ndata: {payload}\n\n".encode("utf-8", "replace")
        else:
            yield b": nothing yet\n\n"
        await anyio.sleep(PAUSE_S)
        with anyio.move_on_after(AT_LEAST_EVERY_S - PAUSE_S):
            number = await page.link.changed(number)


def _age_s(at: datetime, now: datetime) -> float:
    return (now - at).total_seconds()


RULES = (
    Rule(method="GET", path="/api/ward", right=Right.SEE, endpoint=ward, wakes=False),
    Rule(method="GET", path="/api/events", right=Right.SEE, endpoint=events, wakes=False),
)
