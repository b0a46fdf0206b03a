"""The capture process's inner loop with a scripted feed: what reaches the ring, what is counted, what is told."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from monitor.alerts.topics import Topic
from monitor.capture import session
from monitor.capture.feed import Arrival, FeedEnded
from monitor.capture.gstreamer_feed import DecoderMissing
from monitor.capture.messages import Change, Open, Report
from monitor.capture.pace import Pace
from monitor.capture.ring import RingLayout, RingReader, RingWriter, ring_memory
from monitor.ward.sources import CaptureSettings, RtspSource, V4l2Source

LAYOUT = RingLayout(slots=3)
RTSP = RtspSource(url="rtsp://camera.example/a")


class ScriptedFeed:
    """Hands on what it is given, then ends; an exception in the script is raised."""

    decoder = "scripted"

    def __init__(self, script: list) -> None:
        self.pace = Pace(1e9)
        self.script = script
        self.closed = 0

    def next(self, _wait_s: float) -> Arrival | None:
        if not self.script:
            raise FeedEnded("the script is over")
        told = self.script.pop(0)
        if isinstance(told, Exception):
            raise told
        at_s = time.monotonic()
        if isinstance(told, np.ndarray):
            self.pace.due(at_s)
        return Arrival(captured_s=at_s, captured_at=datetime.now(UTC), pixels=told)

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def ring() -> Iterator[int]:
    descriptor = ring_memory(LAYOUT)
    yield descriptor
    os.close(descriptor)


@pytest.fixture
def room() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (90, 160, 3), dtype=np.uint8)


def play(
    monkeypatch: pytest.MonkeyPatch,
    ring: int,
    feeds: list[ScriptedFeed],
    source=RTSP,
    changes: tuple[Change, ...] = (),
    ends: str = "the script is over",
) -> list[Report]:
    """Reports of one session that opens ``feeds`` one after the other."""
    opening = Open(
        source=source, capture=CaptureSettings(), slots=3, capacity_bytes=LAYOUT.capacity_bytes, size=None, watcher=1,
        password=None,
    )  # fmt: skip
    left, reports, waiting = list(feeds), [], queue.SimpleQueue()
    for change in changes:
        waiting.put(change)
    monkeypatch.setattr(session, "opener", lambda *_args, **_more: lambda: left.pop(0))
    writer = RingWriter(ring, LAYOUT)
    with pytest.raises(FeedEnded, match=ends):
        session.Session(opening, writer, reports.append, waiting, threading.Event()).run()
    assert all(feed.closed for feed in feeds)
    return reports


def test_sound_pictures_reach_the_ring_and_others_are_counted(monkeypatch, ring: int, room: np.ndarray):
    painted = room.copy()
    painted[40:] = 128
    huge = np.zeros((10, 3840, 3), np.uint8)
    reports = play(monkeypatch, ring, [ScriptedFeed([room, None, painted, huge])])
    assert reports[0].arrived == 0  # told before the camera is opened: its time counts from here
    last = reports[-1]
    assert (last.arrived, last.dropped) == (4, {"damaged": 1, "torn": 1})
    assert last.decoder == "scripted"
    found = RingReader(ring, LAYOUT).newest()
    assert (found.sequence, found.pixels.shape) == (2, (5, 1920, 3))


def test_the_size_is_told_at_once(monkeypatch, ring: int, room: np.ndarray):
    reports = play(monkeypatch, ring, [ScriptedFeed([room, room, room])])
    sizes = [report.size for report in reports]
    assert sizes == [None, *[(160, 90)] * (len(sizes) - 1)]  # on a slow machine there is time for one more
    assert len(sizes) >= 3


def test_where_gstreamer_has_no_decoder_opencv_takes_over(monkeypatch, ring: int, room: np.ndarray):
    first, second = ScriptedFeed([DecoderMissing("no decoder for it")]), ScriptedFeed([room])
    play(monkeypatch, ring, [first, second])
    assert RingReader(ring, LAYOUT).newest().sequence == 1


def test_but_not_where_gstreamer_was_asked_for(monkeypatch, ring: int):
    asked = RtspSource(url="rtsp://camera.example/a", backend="gstreamer")
    play(monkeypatch, ring, [ScriptedFeed([DecoderMissing("no decoder for it")])], asked, ends="no decoder for it")


def test_changes_take_effect(monkeypatch, ring: int, room: np.ndarray):
    feed = ScriptedFeed([room, room])
    play(monkeypatch, ring, [feed], changes=(Change(max_fps=3.0), Change(capture=CaptureSettings(black_below=1.0))))
    assert feed.pace.max_fps == 3.0


def test_a_usb_camera_is_held_to_the_size_it_was_asked_for(monkeypatch, ring: int, room: np.ndarray):
    clock = iter(np.arange(0.0, 1000.0, 0.05))
    monkeypatch.setattr(session, "now_s", lambda: float(next(clock)))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    source = V4l2Source(device=Path("/dev/v4l/by-id/usb-Camera"))
    shots = [np.roll(room, number, axis=1) for number in range(40)]
    reports = play(monkeypatch, ring, [ScriptedFeed(shots)], source)
    assert reports[-1].usual_size == (640, 360)
    assert reports[-1].faults == (Topic.PICTURE_SIZE,)
