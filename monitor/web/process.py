"""The page's process between its first word and its last: served as the supervisor set it, alive once a second."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable

import anyio

from monitor.errors import VigilError
from monitor.service.log import log, set_up_log
from monitor.service.page_messages import Alive, CannotServe, PageChannel
from monitor.web.server import serve
from monitor.web.set_up_code import offer_set_up
from monitor.web.ward_link import SupervisorLink

ALIVE_S = 1.0


def serve_page(end: socket.socket, loaded: Callable[[], None]) -> int:
    """Serve the page over ``end`` until told to stop; the exit status. ``loaded`` ends the early signs of life."""
    channel = PageChannel(end)
    try:
        return asyncio.run(_serve(channel, loaded))
    except VigilError as error:
        loaded()
        channel.send(CannotServe(reason=" ".join(str(error).split())))
        return error.exit_code


async def _serve(channel: PageChannel, loaded: Callable[[], None]) -> int:
    over = anyio.Event()
    link = SupervisorLink(channel, over.set)
    link.listen()
    try:
        await _either(link.begun, over)
        if over.is_set():
            return os.EX_OK
        set_up_log(link.logging())
        loaded()
        settings = link.configuration().page
        log().info("page", host=settings.host, port=settings.port, encrypted=settings.certificate is not None)
        serving = asyncio.Event()
        beats = asyncio.create_task(_alive(channel, serving))
        code = asyncio.create_task(offer_set_up(link.configuration))
        try:
            await serve(link, over, serving.set)
        finally:
            beats.cancel()
            code.cancel()
    finally:
        link.close()
    return os.EX_OK


async def _either(begun: asyncio.Event, over: anyio.Event) -> None:
    waits = [asyncio.ensure_future(begun.wait()), asyncio.ensure_future(over.wait())]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for waiting in waits:
        waiting.cancel()


async def _alive(channel: PageChannel, serving: asyncio.Event) -> None:
    while True:
        channel.send(Alive(serving=serving.is_set()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait() if serving.is_set() else serving.wait(), ALIVE_S)
