"""The journal: same bytes, no arrays, whole lines whatever happens."""

from __future__ import annotations

import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from models.action_units import Pspi
from monitor.errors import OutputError, OutputFull
from monitor.records import (
    Explanation,
    FaceMissing,
    FaceObservation,
    Frame,
    MissingReason,
    Pose,
    Quality,
    QualityReason,
    SampleReason,
)
from monitor.storage.encoding import document, plain
from monitor.storage.journal import Fsync, Journal, JournalSettings
from monitor.storage.record_line import record_line
from monitor.storage.run_folder import OUR_FILES, RunFolder

AT = datetime(1970, 1, 1, 0, 0, 1, 500000, tzinfo=UTC)


def missing(frame_id: int) -> FaceMissing:
    return FaceMissing(
        frame_id=frame_id, source_id="bed", captured_s=frame_id / 3, captured_at=AT, reason=MissingReason.NO_FACE
    )


def test_name_first_fields_in_order_floats_rounded():
    line = record_line(missing(1))
    assert line.endswith(b"\n")
    entry = json.loads(line)
    assert list(entry) == ["record", "frame_id", "source_id", "captured_s", "captured_at", "reason", "other_faces"]
    assert entry["record"] == "FaceMissing"
    assert entry["captured_s"] == 0.333333
    assert entry["captured_at"] == "1970-01-01T00:00:01.500000+00:00"
    assert entry["reason"] == "no_face"


def test_arrays_stay_out():
    frame = Frame(frame_id=0, source_id="bed", captured_s=0.0, captured_at=AT, pixels=np.zeros((4, 5, 3), np.uint8))
    assert "pixels" not in json.loads(record_line(frame))
    face = FaceObservation(
        frame_id=0,
        source_id="bed",
        captured_s=0.0,
        captured_at=AT,
        track_id=1,
        resident=True,
        box=(np.float32(1.5), 2.0, 3.0, 4.0),
        landmarks=np.zeros((478, 2), np.float32),
        pose=Pose(yaw_deg=0.0, pitch_deg=0.0, roll_deg=-0.0),
        quality=Quality(reasons=(QualityReason.DARK,), face_px=np.float64(90.123456789)),
    )
    entry = json.loads(record_line(face))
    assert "landmarks" not in entry
    assert entry["box"] == [1.5, 2.0, 3.0, 4.0]
    assert entry["quality"]["reasons"] == ["dark"]
    assert entry["quality"]["face_px"] == 90.123457


def test_not_finite_becomes_null_and_negative_zero_zero():
    assert plain({"a": float("nan"), "b": np.float32("inf"), "c": -0.0000000001, "d": np.int64(3), "e": True}) == {
        "a": None,
        "b": None,
        "c": 0.0,
        "d": 3,
        "e": True,
    }
    assert "-0" not in document(plain(-1e-12))
    assert plain(Pspi(None)) == {"value": None, "missing": []}


@pytest.mark.parametrize(
    ("value", "written"),
    [(2.34567e-7, 2.35e-7), (-4.5678e-5, -4.57e-5), (0.00123456789, 0.001235), (1e-12, 0.0), (41.0000004, 41.0)],
)
def test_small_numbers_keep_what_they_say(value: float, written: float):
    assert plain(value) == written


def test_what_has_no_place_is_refused():
    with pytest.raises(TypeError, match="no place in a journal"):
        plain(object())


def test_lines_append_and_survive_without_close(tmp_path: Path):
    journal = Journal(tmp_path / "records.jsonl", JournalSettings(fsync=Fsync.ALWAYS))
    journal.write([missing(0), missing(1)])
    assert len((tmp_path / "records.jsonl").read_bytes().splitlines()) == 2
    journal.close()
    journal.close()
    with Journal(tmp_path / "records.jsonl") as again:
        again.write([missing(2)])
    ids = [json.loads(line)["frame_id"] for line in (tmp_path / "records.jsonl").read_bytes().splitlines()]
    assert ids == [0, 1, 2]


def test_full_device_is_output_full():
    journal = Journal(Path("/dev/full"))
    with pytest.raises(OutputFull, match="/dev/full"):
        journal.write([missing(0)])
    assert OutputFull.exit_code == 74


def test_no_torn_line_when_room_ends_in_the_middle_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The operating system takes half of a line before it reports a full disk."""
    room = len(record_line(missing(0))) + 20
    real = os.write

    def short_write(handle: int, payload: bytes) -> int:
        nonlocal room
        if room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = real(handle, payload[:room])
        room -= taken
        return taken

    journal = Journal(tmp_path / "records.jsonl")
    monkeypatch.setattr(os, "write", short_write)
    with pytest.raises(OutputFull, match="No space left"):
        journal.write([missing(0), missing(1)])
    monkeypatch.undo()
    journal.close()
    assert (tmp_path / "records.jsonl").read_bytes() == record_line(missing(0))


def test_explanation_keeps_numbers_only():
    explanation = Explanation(
        frame_id=3,
        source_id="bed",
        captured_s=1.0,
        captured_at=AT,
        target="AU04",
        reason=SampleReason.PERIOD,
        relevance=np.ones((112, 112), np.float32),
        logit=2.5,
        mu=0.4,
        mu_chance=None,
        outside_face=0.1,
        conservation_error=1e-3,
        composite="epsilon",
        model_id="m",
    )
    entry = json.loads(record_line(explanation))
    assert "relevance" not in entry
    assert entry["mu"] == 0.4
    assert entry["mu_chance"] is None


def test_earlier_run_is_refused_and_only_our_files_replaced(tmp_path: Path):
    (tmp_path / "summary.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"earlier run \(summary.json\).*--overwrite") as caught:
        RunFolder(tmp_path)
    assert caught.value.exit_code == 73
    folder = RunFolder(tmp_path, overwrite=True)
    folder.release_reserve()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt"]
    assert set(OUR_FILES) >= {"records.jsonl", "frames.parquet", "alerts.json", "summary.json"}


def test_an_earlier_run_stays_when_there_is_no_room_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "summary.json").write_text("{}")

    def full(path: Path, content: bytes) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputFull, match="No space left"):
        RunFolder(tmp_path, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_folder_that_cannot_be_made(tmp_path: Path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with pytest.raises(OutputError, match="is a file"):
        RunFolder(in_the_way)
    with pytest.raises(OutputError, match="cannot write"):
        RunFolder(in_the_way / "below")


def test_whole_files_appear_complete_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = RunFolder(tmp_path / "out")
    folder.release_reserve()
    folder.write("summary.json", "old")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputFull):
        folder.write("summary.json", "new")
    assert [path.name for path in folder.path.iterdir()] == ["summary.json"]
    assert (folder / "summary.json").read_text() == "old"
