"""A replay that breaks off leaves everything so far; its sources close whatever happens."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from monitor.config import VigilSettings
from monitor.errors import InputError, OutputError
from monitor.records import FaceMissing, FaceObservation, Frame, MissingReason
from monitor.replay import assembly, neutral_face
from monitor.replay.neutral_face import NeutralWish
from monitor.replay.run import ReplayRequest, replay
from monitor.storage.run_folder import ANNOTATED, OUR_FILES


class NobodyThenBroken:
    """Finds no face in five pictures and then fails in a way that nobody foresaw."""

    def __init__(self, *_: object) -> None:
        self.closed = False

    def __enter__(self) -> NobodyThenBroken:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def observe(self, frame: Frame) -> tuple[list[FaceObservation], FaceMissing]:
        if frame.frame_id == 5:
            raise RuntimeError("a library's own mistake")
        return [], FaceMissing(
            frame_id=frame.frame_id, source_id=frame.source_id, captured_s=frame.captured_s,
            captured_at=frame.captured_at, reason=MissingReason.NO_FACE,
        )  # fmt: skip


@pytest.fixture
def request_for(tmp_path: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> ReplayRequest:
    monkeypatch.setattr(assembly, "locate", lambda _: Path("unused.task"))
    monkeypatch.setattr(assembly, "FaceFinder", NobodyThenBroken)
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(9):
        cv2.imwrite(str(pictures / f"{number}.png"), np.full((20, 30, 3), 20 * number, np.uint8))
    return ReplayRequest(
        video=pictures, out=tmp_path / "out", settings=VigilSettings(), bundle=tiny_bundle, explain=False
    )


def test_an_unforeseen_failure_loses_nothing_so_far(request_for: ReplayRequest):
    with pytest.raises(RuntimeError, match="own mistake"):
        replay(request_for, print)
    out = request_for.out
    assert {entry.name for entry in out.iterdir()} == set(OUR_FILES) - {ANNOTATED}
    summary = json.loads((out / "summary.json").read_text())
    assert summary["frames"] == pq.read_table(out / "frames.parquet").num_rows == 5
    assert sum(b'"record":"Frame"' in line for line in (out / "records.jsonl").read_bytes().splitlines()) == 5


def test_the_model_card_is_read_before_the_work(request_for: ReplayRequest, monkeypatch: pytest.MonkeyPatch):
    real = NobodyThenBroken.observe

    def observe(self: NobodyThenBroken, frame: Frame) -> tuple[list[FaceObservation], FaceMissing]:
        (request_for.bundle / "card.md").rename(request_for.bundle / "card.away") if frame.frame_id == 0 else None
        return real(self, frame)

    monkeypatch.setattr(NobodyThenBroken, "observe", observe)
    try:
        with pytest.raises(RuntimeError, match="own mistake"):
            replay(request_for, print)
    finally:
        (request_for.bundle / "card.away").rename(request_for.bundle / "card.md")
    assert (request_for.out / "report.html").exists()


def test_nothing_is_touched_when_the_folder_is_refused(request_for: ReplayRequest):
    request_for.out.mkdir()
    (request_for.out / "alerts.json").write_text("earlier")
    with pytest.raises(OutputError, match="earlier run"):
        replay(request_for, print)
    assert [entry.name for entry in request_for.out.iterdir()] == ["alerts.json"]


def test_the_summary_says_what_is_known_of_the_neutral_face(request_for: ReplayRequest):
    with pytest.raises(RuntimeError, match="own mistake"):
        replay(replace(request_for, neutral=(NeutralWish(said="reset:0.01", at_s=0.01, reset=True),)), print)
    summary = json.loads((request_for.out / "summary.json").read_text())
    assert summary["baseline"]["known"] is False
    assert [change["reason"] for change in summary["baseline"]["changes"]] == ["reset"]
    lines = (request_for.out / "records.jsonl").read_text().splitlines()
    assert sum('"record":"BaselineChange"' in line and '"reason":"reset"' in line for line in lines) == 1
    assert "The neutral face" in (request_for.out / "report.html").read_text()


def test_a_neutral_picture_without_a_face_is_refused_before_anything_is_written(
    request_for: ReplayRequest, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(neutral_face, "explain_picture", lambda *_, **__: SimpleNamespace(faces=()))
    with pytest.raises(InputError, match=r"rest\.png: shows no face"):
        replay(replace(request_for, neutral=(NeutralWish(said="rest.png", picture=Path("rest.png")),)), print)
    assert not request_for.out.exists()
