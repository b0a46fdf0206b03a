"""Serves the page over HTTP or HTTPS until it is told to stop, with a bound on everything a caller could hold."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import uvicorn

from monitor.errors import ConfigurationError, ServiceUnavailable
from monitor.web.app import safe_app
from monitor.web.connections import ImpatientProtocol
from monitor.web.link import WardLink
from monitor.web.making import make_page
from monitor.web.page import Page
from monitor.web.streams import Viewers

MOST_CONNECTIONS = 200
END_S = 3
LONGEST_HEAD = 32 << 10


class PageServer(uvicorn.Server):
    """Signals stay with the process: it has its own ways of ending. ``ready`` is called when it answers.

    What goes on for ``viewers`` ends by itself when the server stops.
    """

    ready: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, config: uvicorn.Config, viewers: Viewers) -> None:
        super().__init__(config)
        self._viewers = viewers

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started:
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End every answer, then the application."""
        self._viewers.closing = True
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def make_server(page: Page) -> PageServer:
    """A server that is not running yet. ConfigurationError when certificate and key do not fit."""
    configuration = page.configuration
    settings = configuration.page
    made = uvicorn.Config(
        safe_app(page),
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=END_S,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        ws="none",
        http=ImpatientProtocol,
        loop="asyncio",
        ssl_certfile=None if settings.certificate is None else str(settings.certificate),
        ssl_keyfile=None if settings.certificate is None else _key(configuration.private_key),
    )
    try:
        made.load()
    except OSError as error:
        raise ConfigurationError(f"page.certificate: cannot be used: {error.strerror or error}") from error
    return PageServer(made, page.viewers)


def _key(path: Path | None) -> str | None:
    return None if path is None else str(path)


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one. ServiceUnavailable."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ServiceUnavailable(f"page.host: {host}: {error.strerror or error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ServiceUnavailable(f"page.port: {host}:{port} cannot be taken: {error.strerror or error}") from error
    return listener


async def serve(link: WardLink, stopped: anyio.Event, ready: Callable[[], None] = lambda: None) -> None:
    """Serve the page of ``link`` until ``stopped`` is set; ``ready`` is called once when it answers.

    ServiceUnavailable, ConfigurationError.
    """
    settings = link.configuration().page
    server = make_server(make_page(link))
    server.ready = ready
    with listening(settings.host, settings.port) as listener:
        async with anyio.create_task_group() as group:

            async def end() -> None:
                await stopped.wait()
                server.should_exit = True

            group.start_soon(end)
            await server.serve(sockets=[listener])
            group.cancel_scope.cancel()
