"""Answers that go on: events and live pictures. They end with the login that they were begun with, within seconds."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from monitor.web.refusals import away

CLOSE_S = 0.5
"""How often it is looked up whether the page stops."""
CHECK_S = 2.0
"""How often it is looked up whether who watches still may."""
PATIENCE_S = 20.0
"""A browser that takes nothing for so long is let go."""


class Viewers:
    """How many watch, by kind: bounded, so that none of them costs the others their place.

    ``closing``: the page stops, and everything that goes on ends by itself.
    """

    def __init__(self) -> None:
        self.closing = False
        self._places: Counter[str] = Counter()

    @contextlib.contextmanager
    def place(self, kind: str, most: int) -> Iterator[None]:
        """A place for as long as the block lasts. Refused (503) when ``most`` are taken."""
        if self._places[kind] >= most:
            raise away(f"{most} watch already; try again later")
        self._places[kind] += 1
        try:
            yield
        finally:
            self._places[kind] -= 1

    @contextlib.contextmanager
    def place_for(self, *wanted: tuple[str, int]) -> Iterator[None]:
        """A place of every one of several kinds."""
        with contextlib.ExitStack() as places:
            for kind, most in wanted:
                places.enter_context(self.place(kind, most))
            yield

    def taken(self, kind: str) -> int:
        """How many watch now."""
        return self._places[kind]


class LiveResponse(Response):
    """Sends ``chunks`` while ``allowed`` says so, until the browser goes or takes nothing any more.

    It takes one of ``viewers``' places of every kind in ``places`` (how many there are of it) and leaves it at the end,
    whatever the end is; when there is none, Refused is the answer.
    ``last`` is sent when who watches no longer may.
    """

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        media_type: str,
        allowed: Callable[[], Awaitable[bool]],
        viewers: Viewers,
        places: Mapping[str, int],
        headers: Mapping[str, str] | None = None,
        *,
        last: bytes = b"",
    ) -> None:
        self.status_code = 200
        self.media_type = media_type
        self.background = None
        self.body = b""
        self._chunks = chunks
        self._allowed = allowed
        self._viewers = viewers
        self._places_wanted = places
        self._last = last
        self.init_headers(headers)
        self.raw_headers = [pair for pair in self.raw_headers if pair[0] != b"content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one viewer."""
        with self._viewers.place_for(*self._places_wanted.items()):
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            ended_by: list[bytes] = []
            async with anyio.create_task_group() as group:

                async def until(wait: Callable[[], Awaitable[None]], last: bytes = b"") -> None:
                    await wait()
                    ended_by.append(last)
                    group.cancel_scope.cancel()

                group.start_soon(until, lambda: _gone(receive))
                group.start_soon(until, self._closing)
                group.start_soon(until, self._forbidden, self._last)
                await until(lambda: self._send_all(send))
            with anyio.CancelScope(shield=True), anyio.move_on_after(1.0), contextlib.suppress(OSError):
                await send({"type": "http.response.body", "body": ended_by[0], "more_body": False})

    async def _send_all(self, send: Send) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            async for chunk in self._chunks:
                with anyio.fail_after(PATIENCE_S):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})

    async def _closing(self) -> None:
        while not self._viewers.closing:
            await anyio.sleep(CLOSE_S)

    async def _forbidden(self) -> None:
        while await self._allowed():
            await anyio.sleep(CHECK_S)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
