"""Messages and slots: what is written is what is read, and what is torn or strange is refused."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sidecar.slots import SlotLayout, Slots, anonymous_memory
from monitor.sidecar.wire import (
    Channel,
    Configure,
    Done,
    Failed,
    Job,
    Ready,
    Refused,
    TargetResult,
    WireError,
    decode,
    encode,
)

RESULT = TargetResult(target="AU04", logit=1.5, mu=None, mu_chance=0.25, outside_face=0.0, conservation_error=1e-6)
MESSAGES = (
    Configure(bundle="/m", composite="zplus", crop_px=112, slots=2, max_targets=8, nice=10),
    Ready(model_id="m", weights="dequantised int8 weights"),
    Refused(reason="hash"),
    Job(seq=3, slot=1, targets=("AU04", "emotion:fear")),
    Done(seq=3, results=(RESULT,)),
    Failed(seq=3, reason="why"),
)


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    left, right = socket.socketpair()
    with left, right:
        yield Channel(left), Channel(right)


def test_messages_survive_the_way(ends: tuple[Channel, Channel]) -> None:
    for message in MESSAGES:
        ends[0].send(message)
    assert [ends[1].receive() for _ in MESSAGES] == list(MESSAGES)


def test_bytes_may_arrive_one_by_one(ends: tuple[Channel, Channel]) -> None:
    data = b"".join(encode(message) for message in MESSAGES[:2])
    got = []
    for byte in data:
        ends[0].socket.sendall(bytes([byte]))
        assert ends[1].fill()
        while (message := ends[1].buffered()) is not None:
            got.append(message)
    assert got == list(MESSAGES[:2])


def test_a_closed_end_reads_as_none(ends: tuple[Channel, Channel]) -> None:
    ends[0].close()
    assert ends[1].receive() is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff\xfe",
        b'{"type":"pickle"}',
        b'{"type":"ready"}',
        b'{"type":"ready","model_id":7}',
        b'{"type":"ready","model_id":"m","more":1}',
        b'{"type":"job","seq":1,"slot":-1,"targets":["AU04"]}',
        b'{"type":"job","seq":1,"slot":0,"targets":[]}',
        b'{"type":"done","seq":1,"results":[{"target":"AU04","logit":NaN}]}',
    ],
)
def test_strange_messages_are_refused(body: bytes) -> None:
    with pytest.raises(WireError, match="not a sidecar message"):
        decode(body)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    with pytest.raises(WireError) as caught:
        decode(body)
    assert "\n" not in str(caught.value)


def test_a_claimed_length_is_bounded(ends: tuple[Channel, Channel]) -> None:
    ends[0].socket.sendall(b"\xff\xff\xff\xff")
    with pytest.raises(WireError, match="claims"):
        ends[1].receive()


@pytest.fixture
def memory() -> Iterator[int]:
    descriptor = anonymous_memory(SlotLayout(2, 8, 3).size)
    yield descriptor
    os.close(descriptor)


def test_both_sides_see_the_same_slots(memory: int, rng: np.random.Generator) -> None:
    layout = SlotLayout(2, 8, 3)
    client, worker = Slots(memory, layout), Slots(memory, layout)
    pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    landmarks = rng.normal(size=(478, 2)).astype(np.float32)
    client.write_crop(1, 5, pixels, landmarks)
    for got, expected in zip(worker.read_crop(1, 5), (pixels, landmarks), strict=True):
        np.testing.assert_array_equal(got, expected)
    maps = rng.normal(size=(2, 8, 8)).astype(np.float32)
    worker.write_relevance(1, maps)
    np.testing.assert_array_equal(client.read_relevance(1, 2), maps)
    client.close()
    worker.close()


def test_a_reused_or_unknown_slot_is_noticed(memory: int) -> None:
    slots = Slots(memory, SlotLayout(2, 8, 3))
    slots.write_crop(0, 5, np.zeros((8, 8, 3), np.uint8), np.zeros((478, 2), np.float32))
    with pytest.raises(WireError, match="does not hold frame 4"):
        slots.read_crop(0, 4)
    with pytest.raises(WireError, match="no slot 2"):
        slots.read_crop(2, 5)
    slots.close()
