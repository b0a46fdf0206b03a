"""Messages survive the way; what is none is refused without being quoted; secrets are taken out of texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.topics import Topic
from monitor.capture.masking import masked
from monitor.capture.messages import Change, Ended, MessageError, Open, Report, channel, decode, encode
from monitor.ward.sources import CaptureSettings, MjpegSource, RecordingSource, RtspSource, V4l2Source

SOURCES = [
    RtspSource(url="rtsp://camera.example/stream", username="viewer", tls_verify=False, transport="udp"),
    V4l2Source(device=Path("/dev/v4l/by-id/usb-Camera"), pixel_format="mjpeg"),
    MjpegSource(url="http://camera.example/video", max_fps=3.5),
    RecordingSource(path=Path("/films/one.mp4"), repeat=False),
]


def opening(source, password: str | None = "hidden-1") -> Open:
    return Open(
        source=source, capture=CaptureSettings(), slots=4, capacity_bytes=100, size=(640, 360), watcher=7,
        password=password,
    )  # fmt: skip


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.kind)
def test_every_kind_of_source_arrives_as_it_was(source):
    arrived = decode(encode(opening(source)))
    assert arrived == opening(source)
    assert type(arrived.source) is type(source)


def test_the_others_arrive_too():
    report = Report(
        arrived=3, last_s=1.5, fps=2.0, dropped={"late": 1}, faults=(Topic.PICTURE_TORN,), size=(2, 1), usual_size=None,
        decoder="opencv",
    )  # fmt: skip
    for message in (report, Ended(reason="gone", final=True), Change(max_fps=2.0), Change(capture=CaptureSettings())):
        assert decode(encode(message)) == message


def test_messages_stay_apart_on_the_way():
    mine, theirs = channel()
    with mine, theirs:
        mine.send(encode(Ended(reason="one")))
        mine.send(encode(Ended(reason="two")))
        assert [decode(theirs.recv(1 << 16)).reason for _ in range(2)] == ["one", "two"]


def test_the_password_is_not_shown():
    assert "hidden-1" not in repr(opening(SOURCES[0]))
    assert "hidden-1" not in str(opening(SOURCES[0]))


@given(st.binary(max_size=200))
def test_rubbish_is_refused(packet: bytes):
    with pytest.raises(MessageError):
        decode(packet)


def test_what_is_wrong_is_not_quoted():
    packet = encode(opening(SOURCES[0])).replace(b'"slots":4', b'"slots":"hidden-2"')
    with pytest.raises(MessageError) as refused:
        decode(packet)
    assert "hidden" not in str(refused.value)
    assert "hidden" not in repr(refused.value.__context__ or "")


@pytest.mark.parametrize(
    ("text", "password", "expected"),
    [
        ("cannot open rtsp://viewer:pa%20ss@camera/x", "pa ss", "cannot open rtsp://***@camera/x"),
        ("said pa ss and\npa%20ss", "pa ss", "said *** and ***"),
        ("said s/x and s%2Fx", "s/x", "said *** and ***"),
        ("nothing to hide", None, "nothing to hide"),
        ("http://camera/a@b", None, "http://camera/a@b"),
    ],
)
def test_masking(text: str, password: str | None, expected: str):
    assert masked(text, password) == expected
