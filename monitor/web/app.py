"""The page as one application: the door, the routes behind it, the page's own files, and every error as one line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from monitor.errors import VigilError
from monitor.ward.values import is_loopback
from monitor.web.headers import KnownHost, SafeHeaders
from monitor.web.page import Page
from monitor.web.refusals import Refused
from monitor.web.replies import as_json
from monitor.web.rules import RULES

STATIC = Path(__file__).with_name("static")
_LOG = structlog.get_logger()


def page_app(page: Page) -> Starlette:
    """The application. Its lifespan reads ahead for the beds at a glance and closes the database at the end."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as group:
            group.start_soon(page.history.run)
            try:
                yield
            finally:
                group.cancel_scope.cancel()
        page.accounts.close()
        page.records.close()

    async def document(request: Request) -> Response:
        return FileResponse(STATIC / "index.html", media_type="text/html")

    return Starlette(
        routes=[
            Route("/", document, methods=["GET"]),
            Route("/login", document, methods=["GET"]),
            *(rule.route(page) for rule in RULES),
            Mount("/static", StaticFiles(directory=STATIC), name="static"),
        ],
        exception_handlers={
            Refused: _refused,
            VigilError: _in_trouble,
            HTTPException: _by_the_router,
            Exception: _unexpected,
        },
        lifespan=lifespan,
    )


def safe_app(page: Page) -> ASGIApp:
    """The application behind the checks and headers that every answer has, mistakes included."""

    def secure() -> bool:
        settings = page.configuration.page
        return settings.certificate is not None or settings.behind_proxy

    def local() -> bool:
        settings = page.configuration.page
        return is_loopback(settings.host) and not settings.behind_proxy

    return SafeHeaders(KnownHost(page_app(page), local=local), secure=secure)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    return as_json({"error": str(error)}, error.status, error.headers)


async def _in_trouble(request: Request, error: Exception) -> Response:
    """What the database or the service says may name files and hosts: it goes to the log, not to the browser."""
    _LOG.warning("the page could not answer", path=request.url.path, because=" ".join(str(error).split()))
    return as_json({"error": "this cannot be answered now; try again in a moment"}, 503, {"Retry-After": "5"})


async def _by_the_router(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    lines = {404: "there is no such page", 405: "this cannot be done here"}
    return as_json({"error": lines.get(error.status_code, "this cannot be done")}, error.status_code, error.headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    """Starlette raises the error again afterwards, so that the server logs where it came from."""
    return as_json({"error": "the page made a mistake; it was written to the log"}, 500)
