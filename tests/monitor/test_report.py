"""The report's parts: bounded trace, alert ledger, gallery without pixels, a page that loads nothing."""

from __future__ import annotations

import html.parser
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from models.action_units import ActionUnit, Pspi
from models.preprocess import CROP_PX
from monitor.errors import InputError, InputMissing
from monitor.pipeline import Step
from monitor.records import (
    AlertCode,
    AlertSignal,
    Assessment,
    CannotAssess,
    Evidence,
    Explanation,
    FaceCrop,
    FaceMissing,
    FaceObservation,
    Frame,
    Kind,
    Level,
    MissingReason,
    Pose,
    Prediction,
    Presence,
    Priority,
    Quality,
    SampleReason,
    SampleRequest,
    SignalReason,
)
from monitor.report.alert_ledger import AlertLedger
from monitor.report.gallery import MAX_SPREAD, Gallery
from monitor.report.page import ReportContent, headline, render
from monitor.report.script import Scene, read_script
from monitor.report.timeline_png import timeline_png
from monitor.report.totals import Totals
from monitor.report.trace import MAX_BINS, Trace

START = datetime(1970, 1, 1, tzinfo=UTC)
FPS = 5
UNITS = (ActionUnit.AU04, ActionUnit.AU07, ActionUnit.AU12)


def drawn_landmarks() -> np.ndarray:
    """478 points on an ellipse-like face, spread enough that every patch has an area."""
    angles = np.linspace(0, 2 * np.pi, 478, endpoint=False)
    radius = 15 + 30 * ((np.arange(478) * 0.618) % 1.0)
    points = np.stack([np.cos(angles) * radius, np.sin(angles) * radius], axis=1) + CROP_PX / 2
    return points.astype(np.float32)


LANDMARKS = drawn_landmarks()


def story(seconds: int = 60) -> Iterator[Step]:
    """20 s calm, 20 s pain (alert at 35 s, off at 42 s), then nobody; a frame is explained every 2 s."""
    for frame_id in range(seconds * FPS):
        now_s = frame_id / FPS
        times = {
            "frame_id": frame_id,
            "source_id": "bed",
            "captured_s": now_s,
            "captured_at": START + timedelta(seconds=now_s),
        }
        pain, empty = 20 <= now_s < 40, now_s >= 45
        level = Level.UNASSESSABLE if empty else Level.PAIN if pain else Level.NO_PAIN
        request = None
        explanations: tuple[Explanation, ...] = ()
        if not empty and frame_id % (2 * FPS) == 0:
            request = SampleRequest(frame_id=frame_id, reason=SampleReason.PERIOD, targets=tuple(UNITS))
        if not empty and frame_id % (2 * FPS) == 2:
            explanations = tuple(explained(times | {"frame_id": frame_id - 2}, unit) for unit in UNITS)
        face: FaceObservation | FaceMissing = FaceMissing(**times, reason=MissingReason.NO_FACE)
        if not empty:
            face = FaceObservation(
                **times, track_id=0, resident=True, box=(10.0, 10.0, 90.0, 90.0), landmarks=LANDMARKS,
                pose=Pose(yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0), quality=Quality(face_px=90.0),
            )  # fmt: skip
        yield Step(
            seen=Frame(**times, pixels=np.zeros((8, 8, 3), np.uint8)),
            face=face,
            faces=int(not empty),
            crop=None if empty else FaceCrop(
                frame_id=frame_id, track_id=0, pixels=np.full((CROP_PX, CROP_PX, 3), 77, np.uint8),
                to_frame=np.eye(2, 3), landmarks=LANDMARKS,
            ),
            prediction=None if empty else Prediction(
                **times, track_id=0, emotions={"neutral": 1.0}, visibility={}, pspi=Pspi(8.0 if pain else 0.5),
                aus={ActionUnit.AU04: 3.0 if pain else 0.1, ActionUnit.AU07: 2.0, ActionUnit.AU12: 0.2},
                calibrated=False, model_id="scripted",
            ),
            request=request,
            explanations=explanations,
            assessment=Assessment(
                **times, window_s=3.0, level=level, score=None if empty else 0.9 if pain else 0.1, confidence=0.8,
                coverage=0.0 if empty else 1.0, cannot_assess=CannotAssess.NO_FACE if empty else None,
                pspi=None if empty else 8.0 if pain else 0.5, baseline_known=True, emotions={}, trend={},
                evidence=Evidence(),
            ),
            alerts=tuple(signals(times)),
        )  # fmt: skip


def explained(times: dict, unit: ActionUnit) -> Explanation:
    relevance = np.zeros((CROP_PX, CROP_PX), np.float32)
    relevance[30:40, 40:70] = 1.0
    relevance[70:80, 40:70] = -0.5
    return Explanation(
        **times, target=str(unit), reason=SampleReason.PERIOD, relevance=relevance, logit=2.0,
        mu=None if unit is ActionUnit.AU12 else 0.6, mu_chance=0.2, outside_face=0.0, conservation_error=1e-4,
        composite="epsilon", model_id="scripted",
    )  # fmt: skip


def signals(times: dict) -> Iterator[AlertSignal]:
    for at_s, presence, reason, end_s in (
        (35.0, Presence.ON, SignalReason.CONDITION_HELD, None),
        (42.0, Presence.OFF, SignalReason.CONDITION_ENDED, 42.0),
    ):
        if times["captured_s"] == at_s:
            yield AlertSignal(
                **times, alert_id=1, code=AlertCode.PAIN, kind=Kind.PHYSIOLOGICAL, priority=Priority.HIGH,
                presence=presence, reason=reason, onset_s=20.0, start_s=35.0, end_s=end_s, confidence=0.8,
                sentence="pain, 15 s, level 8 of 16: <brow> lowered (AU4)", test=True,
            )  # fmt: skip


def gather(*, pixels: bool = False) -> ReportContent:
    totals, trace, ledger, gallery = Totals(), Trace(), AlertLedger(), Gallery(pixels=pixels)
    for step in story():
        for consumer in (totals, trace, ledger, gallery):
            consumer.take(step)
    summary = {
        "interrupted": False, "recording_s": 60.0, "pain_max": totals.pain_max, "pspi_max": totals.pspi_max,
        "pain_onset_s": 20.0, "frames": totals.frames, "frames_with_face": totals.frames_with_face,
        "assessable_frames": totals.assessable_frames, "explained_frames": totals.explained_frames,
        "model_id": "scripted", "providers": ["CPUExecutionProvider"], "speed_x_realtime": 3.2, "version": "0.1.0",
        "source": {"name": "a & b.mp4", "width": 640, "height": 360, "fps": 5.0, "backend": "opencv"},
        "explainer": {"available": True, "composite": "epsilon"},
        "stage_ms": {"decode": {"mean": 1.0, "p50": 1.0, "p95": 2.0}},
    }  # fmt: skip
    return ReportContent(
        title="a & b.mp4", summary=summary, totals=totals, trace=trace, alerts=ledger.entries, gallery=gallery,
        card="# Card\n\n<script>x</script>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        scenes=[Scene("neutral", 0, 20), Scene("grimace", 20, 40)], thresholds=[("pain begins", 0.5)],
    )  # fmt: skip


def test_totals_and_ledger():
    content = gather()
    assert content.totals.frames == 300
    assert content.totals.frames_with_face == 225
    assert content.totals.explained_frames == 23
    assert content.totals.pain_max == 0.9
    assert content.totals.pspi_max == 8.0
    entry = content.alerts[0]
    assert (entry.first.onset_s, entry.first.start_s, entry.end_s) == (20.0, 35.0, 42.0)
    assert set(entry.summary()) >= {
        "code", "kind", "priority", "onset_s", "start_s", "end_s", "sentence", "confidence",
    }  # fmt: skip
    assert [signal["presence"] for signal in entry.detail()["signals"]] == ["on", "off"]


def test_stretches_follow_the_story():
    stretches = gather().trace.stretches()
    assert [stretch.level for stretch in stretches] == [
        Level.NO_PAIN, Level.PAIN, Level.NO_PAIN, Level.UNASSESSABLE,
    ]  # fmt: skip
    assert stretches[1].since_s == pytest.approx(20.0, abs=0.2)
    assert stretches[1].until_s == pytest.approx(40.0, abs=0.2)
    assert stretches[3].reason == "no_face"


def test_trace_stays_bounded_and_keeps_its_maximum():
    trace = Trace()
    steps = list(story())
    for hour in range(40):
        for step in steps[::10]:
            moved = step.assessment.captured_s + hour * 3600
            object.__setattr__(step.assessment, "captured_s", moved)
            trace.take(step)
            object.__setattr__(step.assessment, "captured_s", moved - hour * 3600)
    assert len(trace.bins) <= MAX_BINS
    assert trace.end_s > 39 * 3600
    assert max(entry.score_max for entry in trace.bins if entry.score_max is not None) == 0.9
    assert sum(sum(entry.levels.values()) for entry in trace.bins) == 40 * 30


def test_gallery_keeps_the_strongest_moment_of_an_alert_and_no_pixels():
    gallery = gather().gallery
    assert 20 <= gallery.for_alerts[1].captured_s <= 35
    assert gallery.for_alerts[1].strength == 8.0
    assert gallery.for_alerts[1].pixels is None
    assert 0 < len(gallery.spread) <= MAX_SPREAD
    assert gather(pixels=True).gallery.for_alerts[1].pixels is not None


class Addresses(html.parser.HTMLParser):
    """All addresses a page would load, and its open tags."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "action", "data"}]


@pytest.mark.parametrize("pixels", [False, True])
def test_page_loads_nothing_and_escapes(pixels: bool):
    page = render(gather(pixels=pixels))
    addresses = Addresses()
    addresses.feed(page)
    assert addresses.found
    assert all(address.startswith("data:image/") for address in addresses.found)
    assert "script" not in addresses.tags
    assert "http" not in page.replace("https://www.w3.org", "")
    assert "a &amp; b.mp4" in page
    assert "&lt;brow&gt;" in page
    assert "image/jpeg" in page if pixels else "image/jpeg" not in page
    for words in (
        "check the resident",
        "not a medical device",
        "never “no pain”",
        "brow lowered (AU04)",
        "no evidence",
    ):
        assert words in page


def test_headlines():
    content = gather()
    assert headline(content).startswith("One alert about the resident, the first at 0:35.")
    empty = Totals()
    empty.frames = 10
    none_found = ReportContent(
        title="x", summary={}, totals=empty, trace=Trace(), alerts=[], gallery=Gallery(pixels=False), card=""
    )
    assert "No face was found" in headline(none_found)
    assert "not “no pain”" in headline(none_found)


def test_timeline_png_is_a_picture_and_the_same_every_time():
    content = gather()
    first, second = (
        timeline_png(content.trace, content.alerts, content.scenes, content.thresholds, "t") for _ in range(2)
    )
    assert first[:8] == b"\x89PNG\r\n\x1a\n"
    assert first == second
    assert timeline_png(Trace(), [], [], [], "nothing")[:4] == b"\x89PNG"


def test_script_forms(tmp_path: Path):
    path = tmp_path / "s.json"
    path.write_text(json.dumps([{"act": "neutral", "start_s": 0, "end_s": 20}, {"act": "grimace", "duration_s": 5}]))
    assert read_script(path) == [Scene("neutral", 0.0, 20.0), Scene("grimace", 20.0, 25.0)]
    path.write_text(json.dumps({"scenes": [{"name": "a", "duration_s": 1}]}))
    assert read_script(path) == [Scene("a", 0.0, 1.0)]
    path.write_text('[{"name": "a"}]')
    with pytest.raises(InputError, match="scene 1"):
        read_script(path)
    path.write_text("3")
    with pytest.raises(InputError, match="wants a list"):
        read_script(path)
    with pytest.raises(InputMissing):
        read_script(tmp_path / "none.json")
