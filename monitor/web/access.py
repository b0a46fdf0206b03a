"""The one door: every route passes here, and what a route does not grant is denied."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.storage.database.trouble import DatabaseTrouble
from monitor.web.address import own_host
from monitor.web.page import Page
from monitor.web.refusals import Refused, no_such_bed, not_allowed, not_signed_in
from monitor.web.roles import Right, may
from monitor.web.sessions import Session
from monitor.web.users import User

COOKIE = "vigil_session"
CSRF_HEADER = "x-vigil-csrf"
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that came through. ``bed`` is allowed to who asks; ``alert_id`` belongs to ``bed``."""

    page: Page
    request: Request
    session: Session | None
    bed: str = ""
    alert_id: str = ""

    @property
    def user(self) -> User:
        """Who asks; only where the route wants a login."""
        if self.session is None:
            raise not_signed_in()
        return self.session.user

    def may(self, right: Right, bed: str | None = None) -> bool:
        """Whether who asks has ``right``, at ``bed`` if one is named."""
        user = self.user
        allowed = may(user.role, right, pictures=user.pictures)
        return allowed and (bed is None or user.beds.allow(self.page.ward, bed))


Endpoint = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A route: who it is for. ``{bed}`` and ``{alert_id}`` in ``path`` are checked against the user's beds.

    ``wakes``: whether asking shows that somebody sits there; what a page asks by itself does not.
    """

    method: str
    path: str
    right: Right
    endpoint: Endpoint
    wakes: bool = True

    def route(self, page: Page) -> Route:
        """The route with its door."""

        async def guarded(request: Request) -> Response:
            return await self.endpoint(await self._admitted(page, request))

        guarded.__name__ = self.endpoint.__name__
        return Route(self.path, guarded, methods=[self.method], name=f"{self.method} {self.path}")

    async def _admitted(self, page: Page, request: Request) -> Call:
        changes = self.method not in _SAFE
        if changes:
            _refuse_other_sites(request, own_host(request, page.configuration.page))
        if self.right is Right.ANYBODY:
            return Call(page=page, request=request, session=None)
        session = await page.signed_in.find(request.cookies.get(COOKIE))
        if session is None:
            raise not_signed_in()
        if changes and not hmac.compare_digest(request.headers.get(CSRF_HEADER, "").encode(), session.csrf.encode()):
            raise Refused(403, f"the header {CSRF_HEADER} is missing or old; load the page again")
        alert_id = request.path_params.get("alert_id", "")
        bed = alert_id.rpartition(":")[0] if alert_id else request.path_params.get("bed", "")
        call = Call(page=page, request=request, session=session, bed=bed, alert_id=alert_id)
        if not call.may(self.right):
            raise not_allowed()
        if (bed or alert_id) and (bed not in page.configuration.beds or not call.may(self.right, bed)):
            raise no_such_bed()
        if self.wakes:
            with contextlib.suppress(DatabaseTrouble):
                await page.signed_in.seen(session)
        return call


def _refuse_other_sites(request: Request, own: str) -> None:
    """Browsers say where a request comes from; another site's is refused even without a session."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    foreign = origin is not None and _host(origin) != own
    if site not in ("same-origin", "none") or foreign:
        raise Refused(403, "this was sent by another site")


def _host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
