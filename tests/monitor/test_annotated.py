"""The annotated recording: true times at a constant rate, and the encoder's own words when it fails."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from builders import observe

from monitor.errors import OutputFull
from monitor.pipeline import Step
from monitor.records import U8, Assessment, CannotAssess, Evidence, Frame, Level
from monitor.replay import annotated
from monitor.replay.annotated import AnnotatedRecording, FfmpegSink

START = datetime(1970, 1, 1, tzinfo=UTC)


def step(frame_id: int, at_s: float, grey: int) -> Step:
    when = {
        "frame_id": frame_id,
        "source_id": "bed",
        "captured_s": at_s,
        "captured_at": START + timedelta(seconds=at_s),
    }
    return Step(
        seen=Frame(**when, pixels=np.full((64, 96, 3), grey, np.uint8)),
        face=observe(frame_id, at_s), faces=1, crop=None, prediction=None, request=None, explanations=(), alerts=(),
        assessment=Assessment(
            **when, window_s=3.0, level=Level.UNASSESSABLE, score=None, confidence=0.0, coverage=0.0,
            cannot_assess=CannotAssess.NO_FACE, pspi=None, baseline_known=False, emotions={}, trend={},
            evidence=Evidence(),
        ),
    )  # fmt: skip


class Keeping:
    def __init__(self, *_: object) -> None:
        self.greys: list[int] = []

    def write(self, pixels: U8) -> None:
        self.greys.append(int(pixels[30, 48, 0]))

    def close(self) -> None:
        pass


def drawn(times: Sequence[tuple[float, int]], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sink = Keeping()
    monkeypatch.setattr(annotated, "OpencvSink", lambda *_: sink)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    recording = AnnotatedRecording(Path("annotated.mp4"), 10.0, pixels=True)
    for frame_id, (at_s, grey) in enumerate(times):
        recording.take(step(frame_id, at_s, grey))
    recording.close()
    return sink.greys


def test_a_hole_shows_the_picture_before_it(monkeypatch: pytest.MonkeyPatch):
    assert drawn([(0.0, 10), (0.1, 20), (0.5, 30)], monkeypatch) == [10, 20, 20, 20, 20, 30]


def test_pictures_too_many_for_the_rate_are_left_out(monkeypatch: pytest.MonkeyPatch):
    assert drawn([(0.0, 10), (0.02, 20), (0.1, 30)], monkeypatch) == [10, 30]


def test_an_encoder_that_dies_is_one_clear_error(tmp_path: Path):
    command = tmp_path / "ffmpeg"
    command.write_text("#!/bin/sh\necho 'No space left on device' >&2\nexit 1\n")
    command.chmod(0o755)
    sink = FfmpegSink(tmp_path / "annotated.mp4", str(command), (640, 640), 10.0)
    picture = np.zeros((1600, 1600, 3), np.uint8)  # more than a pipe holds, so that writing notices
    with pytest.raises(OutputFull, match="ffmpeg: No space left on device"):
        sink.write(picture)
    with pytest.raises(OutputFull, match="No space left"):
        sink.close()
