"""The ward as the page sees it: the supervisor's words over a socket, pictures out of the cameras' shared memory."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from monitor.clock import now_s
from monitor.errors import InputError
from monitor.service.control.requests import Answer, Request
from monitor.service.page_messages import (
    Answered,
    Asked,
    AskedEvidence,
    EndPage,
    EvidenceCame,
    HideBed,
    HideSource,
    PageChannel,
    PageOrder,
    SetUp,
    ShowBed,
    ShowSource,
    Status,
    UnreadablePageMessage,
)
from monitor.ward.secret import Secret
from monitor.ward.service import LoggingSettings
from monitor.web.bed_pictures import BedPictures
from monitor.web.heatmap import Heatmap
from monitor.web.heatmap_document import read_heatmap
from monitor.web.link import PageConfiguration

ANSWER_S = 10.0
EVIDENCE_S = 5.0
FRESH_S = 2.0
LASTING_S = 30.0
"""An explanation that is older says nothing of now."""
_AWAY = Answer(error="the service does not answer; try again in a moment")


class SupervisorLink:
    """A ``WardLink`` over ``channel``, for one event loop. ``over`` is called once, when the supervisor says so or is
    gone; ``begun`` is set with the first configuration.
    """

    def __init__(self, channel: PageChannel, over: Callable[[], None]) -> None:
        self.begun = asyncio.Event()
        self._channel = channel
        self._over = over
        self._configuration: PageConfiguration | None = None
        self._logging = LoggingSettings()
        self._pictures = BedPictures()
        self._status: Mapping[str, Any] | None = None
        self._number = 0
        self._heard_s: float | None = None
        self._news = asyncio.Event()
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._evidence: dict[int, tuple[str, asyncio.Future[None]]] = {}
        self._heatmaps: dict[str, tuple[Heatmap, float]] = {}

    def listen(self) -> None:
        """Take in what the supervisor says, from now on."""
        asyncio.get_running_loop().add_reader(self._channel.fileno(), self._readable)

    def close(self) -> None:
        """Listen no more and let all pictures go."""
        asyncio.get_running_loop().remove_reader(self._channel.fileno())
        self._pictures.close()

    def configuration(self) -> PageConfiguration:
        """As of the last start or reload."""
        if self._configuration is None:
            raise InputError("the supervisor has not said yet how the page is set")
        return self._configuration

    def logging(self) -> LoggingSettings:
        """How the ward logs."""
        return self._logging

    def snapshot(self) -> Mapping[str, Any] | None:
        """The newest status."""
        return self._status

    def number(self) -> int:
        """How many came so far."""
        return self._number

    def age_s(self) -> float:
        """Seconds since the supervisor was last heard."""
        return float("inf") if self._heard_s is None else now_s() - self._heard_s

    async def changed(self, after: int) -> int:
        """Wait for a status whose number is above ``after``."""
        while self._number <= after:
            await self._news.wait()
        return self._number

    async def ask(self, request: Request) -> Answer:
        """What the supervisor answers."""
        number, waiting = next(self._numbers), asyncio.get_running_loop().create_future()
        self._answers[number] = waiting
        try:
            if not self._channel.send(Asked(number=number, request=request)):
                return _AWAY
            return await asyncio.wait_for(waiting, ANSWER_S)
        except TimeoutError:
            return _AWAY
        finally:
            self._answers.pop(number, None)

    def picture(self, bed: str) -> bytes | None:
        """JPEG of the bed now."""
        return self._pictures.jpeg(bed, now_s(), self.age_s())

    async def heatmap(self, bed: str) -> Heatmap | None:
        """The bed's newest explanation."""
        if not self._pictures.looks_at(bed):
            return None
        if self._shown(bed, FRESH_S) is None:
            waiting = next((one for asked, one in self._evidence.values() if asked == bed), None)
            if waiting is None:
                number, waiting = next(self._numbers), asyncio.get_running_loop().create_future()
                self._evidence[number] = bed, waiting
                self._channel.send(AskedEvidence(number=number, bed=bed))
                waiting.add_done_callback(lambda _: self._evidence.pop(number, None))
                asyncio.get_running_loop().call_later(EVIDENCE_S, _settle, waiting)
            await asyncio.shield(waiting)
        return self._shown(bed, LASTING_S) if self._pictures.looks_at(bed) else None

    def _shown(self, bed: str, within_s: float) -> Heatmap | None:
        heatmap, came_s = self._heatmaps.get(bed, (None, float("-inf")))
        return heatmap if now_s() - came_s <= within_s else None

    def _readable(self) -> None:
        try:
            while (received := self._channel.receive()) is not None:
                order, descriptors = received
                self._heard_s = now_s()
                try:
                    self._take(order, descriptors)
                finally:
                    for descriptor in descriptors:
                        os.close(descriptor)
        except (EOFError, UnreadablePageMessage):
            asyncio.get_running_loop().remove_reader(self._channel.fileno())
            self._over()

    def _take(self, order: PageOrder, descriptors: list[int]) -> None:
        match order:
            case SetUp():
                self._configuration, self._logging = _configuration(order), order.logging
                self.begun.set()
            case Status():
                self._status, self._number = order.status, self._number + 1
                self._news.set()
                self._news = asyncio.Event()
            case ShowSource() if descriptors:
                self._pictures.add_source(order, descriptors[0])
            case HideSource():
                self._pictures.remove_source(order.source)
            case ShowBed():
                self._pictures.add_bed(order)
                if order.paused:
                    self._heatmaps.pop(order.bed, None)
            case HideBed():
                self._pictures.remove_bed(order.bed)
                self._heatmaps.pop(order.bed, None)
            case Answered():
                waiting = self._answers.pop(order.number, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(order.answer)
            case EvidenceCame():
                self._evidence_came(order)
            case EndPage():
                self._over()
            case _:
                pass

    def _evidence_came(self, came: EvidenceCame) -> None:
        bed, waiting = self._evidence.get(came.number, (None, None))
        if bed is None or waiting is None:
            return
        if came.document is not None and self._pictures.looks_at(bed):
            face = None if came.face is None else base64.b64decode(came.face)
            with contextlib.suppress(InputError):
                self._heatmaps[bed] = replace(read_heatmap(json.loads(came.document)), face_jpeg=face), now_s()
        _settle(waiting)


def _settle(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


def _configuration(order: SetUp) -> PageConfiguration:
    return PageConfiguration(
        ward=order.ward,
        page=order.page,
        beds=order.beds,
        privacy=order.privacy,
        database_url=order.database_url,
        database_password=_secret(order.database_password),
        pixels_key=_secret(order.pixels_key),
        private_key=None if order.private_key is None else Path(order.private_key),
        state=Path(order.state),
    )


def _secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)
