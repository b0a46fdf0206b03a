"""The page's end of the channel: what the supervisor says counts at once, what it does not say in time is nothing."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import numpy as np
import pytest

from monitor.capture.ring import RingLayout, RingWriter, ring_memory
from monitor.clock import now_s
from monitor.errors import InputError
from monitor.service.control.requests import Answer, Request
from monitor.service.packets import packet_pair
from monitor.service.page_messages import (
    Answered,
    Asked,
    AskedEvidence,
    EndPage,
    EvidenceCame,
    HideBed,
    HideSource,
    PageChannel,
    SetUp,
    ShowBed,
    ShowSource,
    Status,
)
from monitor.ward.page import PageSettings
from monitor.ward.service import LoggingSettings, PrivacySettings
from monitor.web import ward_link
from monitor.web.heatmap import Heatmap
from monitor.web.heatmap_document import heatmap_document
from monitor.web.link import BedPlace
from monitor.web.ward_link import SupervisorLink

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LAYOUT = RingLayout(slots=2, capacity_bytes=30_000)
SET_UP = SetUp(
    ward="east", page=PageSettings(enabled=True), beds={"bed-1": BedPlace(room="12")}, privacy=PrivacySettings(),
    logging=LoggingSettings(), database_url="sqlite:////v.sqlite", database_password="pl4nted", state="/var/lib/vigil",
)  # fmt: skip
BED = ShowBed(bed="bed-1", source="door", zone=None, rotate_deg=0, paused=False)
DOCUMENT = json.dumps(
    heatmap_document(
        Heatmap(
            bed="bed-1", at=AT, relevance=np.eye(112, dtype=np.float32), face_jpeg=None, units=(), outside_share=0.1,
            composite="zplus", model_id="m", sentence="one", sentence_de="eins",
        )
    )
)  # fmt: skip


class Supervisor:
    """The other end, moved by the test."""

    def __init__(self, channel: PageChannel) -> None:
        self.channel = channel

    async def heard(self, kind: type) -> object:
        """The next message, which must be of ``kind``."""
        for _ in range(2000):
            received = self.channel.receive()
            if received is not None:
                assert isinstance(received[0], kind)
                return received[0]
            await asyncio.sleep(0.01)
        raise AssertionError(f"no {kind.__name__}")


Story = Callable[[SupervisorLink, Supervisor, list[bool]], Awaitable[None]]


def play(story: Story) -> None:
    """``story`` with a link that listens; ``over`` grows when the link says that it is over."""

    async def played() -> None:
        mine, theirs = packet_pair()
        over: list[bool] = []
        link, supervisor = SupervisorLink(PageChannel(theirs), lambda: over.append(True)), PageChannel(mine)
        link.listen()
        try:
            await story(link, Supervisor(supervisor), over)
        finally:
            link.close()
            mine.close()
            theirs.close()

    asyncio.run(played())


async def until(holds: Callable[[], object]) -> None:
    for _ in range(2000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come")


def test_the_configuration_comes_first_and_again_after_a_reload() -> None:
    async def story(link: SupervisorLink, supervisor: Supervisor, over: list[bool]) -> None:
        with pytest.raises(InputError):
            link.configuration()
        assert (link.snapshot(), link.number(), link.age_s()) == (None, 0, float("inf"))
        supervisor.channel.send(SET_UP)
        await asyncio.wait_for(link.begun.wait(), 20)
        configuration = link.configuration()
        assert (configuration.ward, configuration.beds["bed-1"].room) == ("east", "12")
        assert configuration.database_password.reveal() == "pl4nted"
        assert "pl4nted" not in repr(configuration)
        supervisor.channel.send(SetUp(**{**vars_of(SET_UP), "ward": "west"}))
        await until(lambda: link.configuration().ward == "west")
        assert not over

    play(story)


def vars_of(message: SetUp) -> dict[str, object]:
    return {name: getattr(message, name) for name in SetUp.__slots__}


def test_whoever_waits_for_news_gets_the_newest() -> None:
    async def story(link: SupervisorLink, supervisor: Supervisor, over: list[bool]) -> None:
        waiting = [asyncio.create_task(link.changed(0)) for _ in range(3)]
        await asyncio.sleep(0)
        supervisor.channel.send(Status(status={"at": 1}))
        assert await asyncio.wait_for(asyncio.gather(*waiting), 20) == [1, 1, 1]
        assert link.snapshot() == {"at": 1}
        assert link.age_s() < 20
        supervisor.channel.send(Status(status={"at": 2}))
        assert await asyncio.wait_for(link.changed(1), 20) == 2
        assert await link.changed(1) == 2, "nobody waits for what is there"

    play(story)


def test_questions_get_their_own_answers_in_any_order() -> None:
    async def story(link: SupervisorLink, supervisor: Supervisor, over: list[bool]) -> None:
        asking = [asyncio.create_task(link.ask(Request(do="resume", bed=bed, by="Zoë"))) for bed in ("bed-1", "bed-2")]
        asked = [await supervisor.heard(Asked) for _ in asking]
        assert [one.request.bed for one in asked] == ["bed-1", "bed-2"]
        for one in reversed(asked):
            supervisor.channel.send(Answered(number=one.number, answer=Answer(result={"said": one.request.bed})))
        supervisor.channel.send(Answered(number=99, answer=Answer()))
        answers = await asyncio.wait_for(asyncio.gather(*asking), 20)
        assert [answer.result["said"] for answer in answers] == ["bed-1", "bed-2"]

    play(story)


def test_a_supervisor_that_does_not_answer_is_away_and_its_late_answer_nobodys(monkeypatch) -> None:
    monkeypatch.setattr(ward_link, "ANSWER_S", 0.05)

    async def story(link: SupervisorLink, supervisor: Supervisor, over: list[bool]) -> None:
        answer = await link.ask(Request(do="list"))
        assert "does not answer" in str(answer.error)
        asked = await supervisor.heard(Asked)
        supervisor.channel.send(Answered(number=asked.number, answer=Answer()))
        supervisor.channel.send(Status(status={}))
        await until(lambda: link.number() == 1)
        assert link._answers == {}

    play(story)


def test_one_question_serves_everybody_who_wants_the_same_heatmap() -> None:
    async def story(link: SupervisorLink, supervisor: Supervisor, over: list[bool]) -> None:
        assert await link.heatmap("bed-1") is None, "no such bed yet"
        supervisor.channel.send(BED)
        await until(lambda: link._pictures.looks_at("bed-1"))
        asking = [asyncio.create_task(link.heatmap("bed-1")) for _ in range(3)]
        asked = await supervisor.heard(AskedEvidence)
        assert supervisor.channel.receive() is None
        face = base64.b64encode(b"jpeg").decode()
        supervisor.channel.send(EvidenceCame(number=asked.number, document=DOCUMENT, face=face))
        found = await asyncio.wait_for(asyncio.gather(*asking), 20)
        assert [(one.sentence_de, one.face_jpeg) for one in found] == [("eins", b"jpeg")] * 3
        assert (await link.heatmap("bed-1")).sentence == "one", "a fresh one is not asked for again"
        assert supervisor.channel.receive() is None

    play(story)


@pytest.mark.parametrize("document", [None, "{}", "no json at all"])
def test_no_heatmap_where_there_is_none_that_can_be_read(document: str | None) -> None:
    async def story(link: SupervisorLink, supervisor: Supervisor, over: list[bool]) -> None:
        supervisor.channel.send(BED)
        await until(lambda: link._pictures.looks_at("bed-1"))
        asking = asyncio.create_task(link.heatmap("bed-1"))
        asked = await supervisor.heard(AskedEvidence)
        supervisor.channel.send(EvidenceCame(number=asked.number, document=document))
        assert await asyncio.wait_for(asking, 20) is None
        supervisor.channel.send(Status(status={}))
        await until(lambda: link.number() == 1)

    play(story)


def test_a_pause_takes_picture_and_heatmap_away_before_its_answer() -> None:
    async def story(link: SupervisorLink, supervisor: Supervisor, over: list[bool]) -> None:
        memory = ring_memory(LAYOUT)
        RingWriter(memory, LAYOUT).write(np.full((50, 60, 3), 90, np.uint8), now_s(), AT)
        order = ShowSource(source="door", slots=LAYOUT.slots, capacity_bytes=LAYOUT.capacity_bytes)
        before = len(os.listdir("/proc/self/fd"))
        supervisor.channel.send(order, (memory,))
        supervisor.channel.send(BED)
        await until(lambda: link.picture("bed-1"))
        asking = asyncio.create_task(link.heatmap("bed-1"))
        asked = await supervisor.heard(AskedEvidence)
        supervisor.channel.send(EvidenceCame(number=asked.number, document=DOCUMENT))
        assert await asyncio.wait_for(asking, 20) is not None
        pausing = asyncio.create_task(link.ask(Request(do="privacy", bed="bed-1", by="Zoë", seconds=60.0)))
        number = (await supervisor.heard(Asked)).number
        supervisor.channel.send(ShowBed(bed="bed-1", source="door", zone=None, rotate_deg=0, paused=True))
        supervisor.channel.send(Answered(number=number, answer=Answer()))
        await asyncio.wait_for(pausing, 20)
        assert link.picture("bed-1") is None
        assert await link.heatmap("bed-1") is None
        supervisor.channel.send(BED)
        await until(lambda: link.picture("bed-1"))
        supervisor.channel.send(HideBed(bed="bed-1"))
        await until(lambda: link.picture("bed-1") is None)
        supervisor.channel.send(HideSource(source="door"))
        await until(lambda: len(os.listdir("/proc/self/fd")) == before)
        os.close(memory)

    play(story)


@pytest.mark.parametrize("end", ["said", "gone", "nonsense"])
def test_it_is_over_when_the_supervisor_says_so_is_gone_or_talks_nonsense(end: str) -> None:
    async def story(link: SupervisorLink, supervisor: Supervisor, over: list[bool]) -> None:
        match end:
            case "said":
                supervisor.channel.send(EndPage())
            case "gone":
                supervisor.channel.close()
            case _:
                supervisor.channel._socket.send(b'{"kind":"run"}')
        await until(lambda: over)
        assert over == [True]

    play(story)
