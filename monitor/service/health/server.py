"""The HTTP server of the health endpoints, in a thread of its own."""

from __future__ import annotations

import contextlib
import socket
from threading import Thread

import uvicorn
from starlette.applications import Starlette

from monitor.errors import ServiceUnavailable

_END_S = 3.0


class HealthServer:
    """Serves from construction until ``close``. ServiceUnavailable when the address cannot be taken."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        self._socket = _listening(host, port)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                limit_concurrency=64,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=1,
                ws="none",
                loop="asyncio",
            )
        )
        self._thread = Thread(target=self._server.run, args=([self._socket],), name="health", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join(_END_S)
        with contextlib.suppress(OSError):
            self._socket.close()


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ServiceUnavailable(f"health.host: {host}: {error.strerror or error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise ServiceUnavailable(f"health.port: {host}:{port} cannot be taken: {error.strerror or error}") from error
    return listener
