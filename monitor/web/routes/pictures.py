"""What a bed looks like now: a picture, a stream of them, the heatmap. Nothing during a privacy pause."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from monitor.web.access import COOKIE, Call, Rule
from monitor.web.blank import blank_jpeg
from monitor.web.heat_colours import heat_png
from monitor.web.heatmap import Heatmap
from monitor.web.heatmap_view import heatmap_view
from monitor.web.page import Page
from monitor.web.refusals import away, no_such_thing
from monitor.web.replies import as_json, jpeg
from monitor.web.roles import Right
from monitor.web.routes.ward import Watch
from monitor.web.streams import LiveResponse

MOST_VIEWERS = 8
BOUNDARY = b"vigil-picture"
REPEAT_S = 2.0
"""A picture that does not change is sent again, so that both ends know that the other is there."""


async def picture(call: Call) -> Response:
    """The bed now."""
    shown = await picture_now(call.page, call.bed)
    if shown is None:
        raise no_such_thing("picture of this bed now")
    return jpeg(shown)


async def live(call: Call) -> Response:
    """The bed as it changes, in multipart/x-mixed-replace."""
    page, session = call.page, call.session
    if session is None:
        raise away("no login")
    watch = Watch(page, session, call.request.cookies.get(COOKIE, ""), Right.PICTURE, call.bed)
    places = {"pictures": MOST_VIEWERS}
    kind = f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}"
    blank = b"".join((_part(blank_jpeg()), b"--\r\n"))
    return LiveResponse(_pictures(page, call.bed), kind, watch.allowed, page.viewers, places, last=blank)


async def heatmap(call: Call) -> Response:
    """Where on the face the network finds what it says now."""
    if paused(call.page, call.bed):
        raise no_such_thing("heatmap during a privacy pause")
    found = await call.page.link.heatmap(call.bed)
    if found is None or paused(call.page, call.bed):
        raise no_such_thing("heatmap of this bed now")
    allowed = call.may(Right.PICTURE, call.bed)
    face = found.face_jpeg if allowed else None
    shown: dict[str, Any] = {**told_heatmap(found), "picture": face is not None}
    if face is not None:
        shown["face_jpeg"] = f"data:image/jpeg;base64,{base64.b64encode(face).decode()}"
    return as_json(shown)


def told_heatmap(found: Heatmap) -> dict[str, Any]:
    """A heatmap for the page, colours included."""
    return heatmap_view(found, heat_png(found.relevance))


async def picture_now(page: Page, bed: str) -> bytes | None:
    """The newest picture that may be shown."""
    if paused(page, bed):
        return None
    found = await run_in_threadpool(page.link.picture, bed)
    return None if paused(page, bed) else found


def paused(page: Page, bed: str) -> bool:
    """Whether care goes on at the bed, so that nobody looks."""
    told = (page.link.snapshot() or {}).get("beds", {}).get(bed, {})
    return told.get("privacy_until") is not None


async def _pictures(page: Page, bed: str) -> AsyncIterator[bytes]:
    """Whole parts; a blank one when there is no picture, for a browser keeps showing the last it got."""
    shown: bytes | None = None
    sent_s = float("-inf")
    yield b"--" + BOUNDARY + b"\r\n"
    while True:
        newest, now_s = await picture_now(page, bed) or blank_jpeg(), page.now_s()
        if newest != shown or now_s - sent_s >= REPEAT_S:
            shown, sent_s = newest, now_s
            yield _part(newest) + b"\r\n"
        await anyio.sleep(1.0 / page.configuration.page.live_fps)


def _part(picture: bytes) -> bytes:
    """A picture and the boundary after it: browsers show a picture when they see what ends it."""
    head = f"Content-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n".encode()
    return head + picture + b"\r\n--" + BOUNDARY


RULES = (
    Rule(method="GET", path="/api/beds/{bed}/picture.jpg", right=Right.PICTURE, endpoint=picture),
    Rule(method="GET", path="/api/beds/{bed}/live.mjpeg", right=Right.PICTURE, endpoint=live),
    Rule(method="GET", path="/api/beds/{bed}/heatmap", right=Right.SEE, endpoint=heatmap),
)
