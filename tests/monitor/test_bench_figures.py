"""What a bench run prints, and what its ratios mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from monitor.bench.command import plain
from monitor.bench.figures import Figures, as_text, targets
from monitor.bench.memory import MemoryCosts
from monitor.bench.pace import PaceCosts, PacedSource
from monitor.bench.recordings import bench_recording, looped
from monitor.bench.stages import STAGES, StageCosts
from monitor.clock import perf_s
from monitor.records import Frame

LATENCY = {"mean": 10.0, "p50": 9.0, "p95": 12.0, "p99": 20.0, "max": 30.0, "count": 100}


def _figures(with_ms: dict[str, float] | None) -> Figures:
    costs = StageCosts(
        size=(640, 360),
        frames=100,
        stages_ms=dict(zip(STAGES, (0.5, 10.0, 1.0, 2.0, 0.5, 1.0), strict=True)),
        decoding_ms=2.0,
        bare_ms={"decode": 1.0, "landmarks": 9.0, "crop": 0.3, "classify": 2.2},
        speed_x_realtime=2.5,
    )
    return Figures(
        cores=2,
        stages=(costs,),
        pace=PaceCosts(frames=100, without_ms=LATENCY, with_ms=with_ms, explained=7, dropped={"busy": 3}),
        memory=MemoryCosts(
            frames=1500,
            wall_s=50.0,
            speed_x_realtime=1.2,
            peak_mb={"replay": 400.0, "sidecar": 900.0},
            growth_mb=0.4,
            slope_mb_per_hour=12.0,
        ),
    )


def test_the_ratios_are_a_frames_way_and_all_its_work_against_the_bare_loop():
    cost = _figures(LATENCY).stages[0]
    assert (cost.sum_ms, cost.ratio) == (pytest.approx(15.0), pytest.approx(1.2))
    assert (cost.work_sum_ms, cost.work_ratio) == (pytest.approx(16.5), pytest.approx(1.32))


def test_the_text_shows_every_stage_ratio_and_process():
    text = as_text(_figures({**LATENCY, "p99": 24.0}))
    for shown in (*STAGES, "640×360", "1.20", "1.32", "p99 ratio 1.20", "replay 400 MB", "sidecar 900 MB", "busy 3"):
        assert shown in text


def test_a_sidecar_that_does_not_start_is_said_not_hidden():
    figures = _figures(None)
    assert figures.pace.p99_ratio is None
    assert "not measured" in as_text(figures)


def test_the_figures_as_json_hold_the_ratios():
    values = json.loads(json.dumps(plain(_figures(LATENCY))))
    assert values["stages"][0]["ratio"] == pytest.approx(1.2)
    assert values["stages"][0]["work_ratio"] == pytest.approx(1.32)
    assert values["pace"]["p99_ratio"] == pytest.approx(1.0)
    assert values["memory"]["peak_mb"]["sidecar"] == 900.0


def test_targets_are_printed_with_whether_they_are_met():
    text = as_text(_figures({**LATENCY, "p99": 24.0})).splitlines()
    held = {line.split(",")[0].strip(): line.rsplit(maxsplit=1)[1] for line in text[text.index("targets") + 1 :]}
    assert held == {
        "a frame's way against bare": "missed",  # 1.20
        "all its work against bare": "missed",  # 1.32
        "p99 with sidecar against without": "met",  # 1.20
        "memory over the second half": "met",  # 0.4 MB
    }
    unknown = targets(_figures(None))[2]
    assert unknown.met is None
    assert "not measured" in as_text(_figures(None)).splitlines()[-2]
    assert [target["met"] for target in plain(_figures(LATENCY))["targets"]] == [False, False, True, True]


def test_paced_pictures_come_when_they_are_due_and_none_is_lost():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    pixels = np.zeros((4, 4, 3), np.uint8)
    frames = [
        Frame(frame_id=n, source_id="drawn", captured_s=n * 0.04, captured_at=at, pixels=pixels) for n in range(6)
    ]
    source = SimpleNamespace(info=SimpleNamespace(fps=25.0), frames=lambda: iter(frames))
    began = perf_s()
    given = list(PacedSource(source).frames())
    assert given == frames
    assert perf_s() - began >= 5 * 0.04


def test_a_recording_can_be_looped(tmp_path):
    recording = bench_recording(tmp_path, (320, 180), 0.6)
    long = looped(recording, tmp_path / "long.mp4", 40)
    assert cv2.VideoCapture(str(recording)).get(cv2.CAP_PROP_FRAME_COUNT) == 15
    assert cv2.VideoCapture(str(long)).get(cv2.CAP_PROP_FRAME_COUNT) == 40
