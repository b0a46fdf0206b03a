"""What supervisor and page say to each other: it arrives as it was, secrets are not shown, nonsense is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.alerts.topics import Verdict
from monitor.service.control.requests import Answer, Request
from monitor.service.page_messages import (
    Alive,
    Answered,
    Asked,
    AskedEvidence,
    CannotServe,
    EndPage,
    EvidenceCame,
    HideBed,
    HideSource,
    SetUp,
    ShowBed,
    ShowSource,
    Status,
    UnreadablePageMessage,
    pack,
    unpack,
)
from monitor.ward.page import PageSettings
from monitor.ward.service import LoggingSettings, PrivacySettings
from monitor.web import entry
from monitor.web.link import BedPlace

SET_UP = SetUp(
    ward="east",
    page=PageSettings(enabled=True, certificate=Path("/etc/vigil/page.pem"), private_key_credential="key"),
    beds={"bed-1": BedPlace(room="12", resident="left bed", audio_pause_most_s=60.0)},
    privacy=PrivacySettings(pixels=True),
    logging=LoggingSettings(level="debug"),
    database_url="postgresql://vigil@db.ward.example/vigil",
    database_password="pl4nted-s3cret",
    pixels_key="another-s3cret",
    private_key="/run/credentials/key",
    state="/var/lib/vigil",
)
MESSAGES = [
    SET_UP,
    ShowSource(source="door", slots=4, capacity_bytes=99),
    HideSource(source="door"),
    ShowBed(bed="bed-1", source="door", zone=(0.0, 0.0, 0.5, 1.0), rotate_deg=90, paused=True),
    HideBed(bed="bed-1"),
    Status(status={"beds": {"bed-1": {"level": "pain", "score": None, "alerts": [{"alert_id": "bed-1:3"}]}}}),
    Answered(number=3, answer=Answer(error="why not", result={"said": "Zoë"})),
    EvidenceCame(number=4, document="{}", face="/9j/"),
    EndPage(),
    Alive(serving=True),
    CannotServe(reason="page.port: is taken"),
    Asked(number=5, request=Request(do="ack", by="Zoë", alert="bed-1:3", verdict=Verdict.FALSE)),
    AskedEvidence(number=6, bed="bed-1"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.kind)
def test_a_message_arrives_as_it_was(message) -> None:
    assert unpack(pack(message)) == message


def test_every_message_is_tried_here() -> None:
    schema = pytest.importorskip("monitor.service.page_messages")._adapter().json_schema()
    assert len(MESSAGES) == len(schema["oneOf"])


def test_what_the_page_says_before_it_can_speak_is_one_of_them() -> None:
    assert unpack(entry.ALIVE) == Alive(serving=False)


def test_secrets_are_not_shown_by_accident() -> None:
    assert "s3cret" not in repr(SET_UP)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"\xff",
        b"[" * 9999,
        b'{"kind":"run"}',
        b'{"kind":"asked","number":1,"request":{"do":"explode"}}',
        b'{"kind":"asked","number":1,"request":{"do":"privacy","bed":"b","by":"x","seconds":-1}}',
        b'{"kind":"asked","number":1,"request":{"do":"ack","by":"","alert":"b:1"}}',
    ],
)
def test_nonsense_is_refused(payload: bytes) -> None:
    with pytest.raises(UnreadablePageMessage):
        unpack(payload)
