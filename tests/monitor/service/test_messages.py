"""What supervisor and inference process say to each other: it arrives as it was, and nothing else is taken."""

from __future__ import annotations

import os
import socket

import pytest
from builders import BEGINNING

from models.action_units import ActionUnit
from monitor.assessor import AssessorSettings
from monitor.baseline_change import BaselineReason
from monitor.face.settings import FaceSettings
from monitor.records import Assessment, CannotAssess, Evidence, Level
from monitor.sampler import SamplerSettings
from monitor.service.inference.channel import Channel, channel_pair
from monitor.service.inference.messages import (
    AddBed,
    AddSource,
    Beat,
    Judged,
    Learned,
    SidecarBeat,
    Stop,
    UnreadableMessage,
    pack,
    unpack,
)

PAIN = Assessment(
    frame_id=7, source_id="bed-1", captured_s=1.5, captured_at=BEGINNING, window_s=3.0, level=Level.PAIN, score=0.8,
    confidence=0.5, coverage=1.0, cannot_assess=None, pspi=7.25, baseline_known=True, emotions={"anger": 0.25},
    trend={"calm": 0.5}, evidence=Evidence(aus={ActionUnit.AU04: 1.5}, mu={ActionUnit.AU04: 0.7}, explained_frames=2),
    distress={"fear": 0.125},
)  # fmt: skip
MESSAGES = [
    AddBed(
        bed="bed-1", source="door", rotate_deg=90, face=FaceSettings(zone=(0.0, 0.0, 0.5, 1.0)),
        judgement=AssessorSettings(on=0.6), sampling=SamplerSettings(targets=1), baseline="{}", paused=True,
    ),
    AddSource(source="door", slots=4, capacity_bytes=99),
    Judged(bed="bed-1", assessment=PAIN, sequence=3, aus={ActionUnit.AU43: 0.5}, captured_s=1.0, taken_s=1.1,
           judged_s=1.2, why_not=CannotAssess.COVERED, batch=4, left_out=2),
    Beat(rounds=3, sidecar=SidecarBeat(alive=True, dropped={"busy": 2}), troubles={"bed-1": "why"}),
    Learned(bed="bed-1", baseline="…", reason=BaselineReason.LEARNED, at=BEGINNING),
    Stop(),
]  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.kind)
def test_a_message_arrives_as_it_was(message):
    assert unpack(pack(message)) == message


NONSENSE = [
    b"",
    b"{}",
    b"[1]",
    b"\xff",
    b'{"kind":"run"}',
    b'{"kind":"beat"}',
    b'{"kind":"beat","rounds":"NaN"}',
    b"[" * 9999,
    pack(MESSAGES[2]).replace(b'"score":0.8', b'"score":8'),
]


@pytest.mark.parametrize("payload", NONSENSE, ids=range(len(NONSENSE)))
def test_nonsense_is_refused(payload: bytes):
    with pytest.raises(UnreadableMessage):
        unpack(payload)


def test_a_descriptor_travels_beside_its_message():
    mine, theirs = channel_pair()
    other = Channel(theirs)
    read, write = os.pipe()
    assert mine.send(MESSAGES[1], (read,))
    os.write(write, b"pixels")
    message, descriptors = other.receive()
    assert message == MESSAGES[1]
    assert os.read(descriptors[0], 10) == b"pixels"
    for descriptor in (read, write, *descriptors):
        os.close(descriptor)
    assert other.receive() is None
    mine.close()
    with pytest.raises(EOFError):
        other.receive()
    assert not other.send(Stop())
    other.close()


def test_nobody_waits_for_a_side_that_does_not_listen():
    mine, theirs = channel_pair()
    sent = 0
    while mine.send(MESSAGES[0]):
        sent += 1
        assert sent < 1_000_000
    assert sent > 10
    mine.close()
    theirs.close()


def test_nonsense_on_the_channel_closes_its_descriptors():
    mine, theirs = channel_pair()
    other = Channel(theirs)
    read, write = os.pipe()
    before = len(os.listdir("/proc/self/fd"))
    socket.send_fds(mine._socket, [b"nonsense"], [read])
    with pytest.raises(UnreadableMessage):
        other.receive()
    assert len(os.listdir("/proc/self/fd")) == before
    for descriptor in (read, write):
        os.close(descriptor)
    mine.close()
    other.close()


def test_last_words_are_heard_from_a_side_that_left_something_unread():
    mine, theirs = channel_pair()
    other = Channel(theirs)
    assert mine.send(MESSAGES[-1])
    assert other.send(MESSAGES[3])
    other.close()
    received = mine.receive()
    assert received is not None
    assert received[0] == MESSAGES[3]
    with pytest.raises(EOFError):
        mine.receive()
    mine.close()
