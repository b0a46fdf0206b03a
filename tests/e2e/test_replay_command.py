"""The real ``vigil replay`` on real recordings with an untrained network: what it leaves, and how it refuses."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pyarrow.parquet as pq
import pytest

from monitor.storage.run_folder import ANNOTATED, OUR_FILES

pytestmark = pytest.mark.shared

SUMMARY_KEYS = {
    "frames", "frames_with_face", "assessable_frames", "explained_frames", "alerts", "pain_max", "pain_onset_s",
    "pspi_max", "model_id", "speed_x_realtime", "stage_ms", "providers", "explainer", "gaps", "interrupted",
}  # fmt: skip


@pytest.fixture(scope="module")
def environment(shared: Path) -> dict[str, str]:
    return os.environ | {"VIGIL_LANDMARKER": str(shared / "assets" / "face_landmarker.task")}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-c", "from monitor.cli import main; main()", *map(str, arguments)]


def vigil(environment: dict[str, str], *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), env=environment, capture_output=True, text=True, timeout=240, check=False, **options
    )


@pytest.fixture(scope="module")
def replayed(
    environment: dict[str, str], clips: Path, tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    out = tmp_path_factory.mktemp("replay") / "out"
    clip = clips / "single_face.mp4"
    done = vigil(environment, "replay", clip, "--out", out, "--model", tiny_bundle, "--annotate", "--max-seconds", "3")
    assert done.returncode == 0, done.stderr
    return out, done


def test_every_file_is_left_and_nothing_else(replayed):
    out, done = replayed
    assert sorted(path.name for path in out.iterdir()) == sorted(OUR_FILES)
    assert str(out / "report.html") in done.stdout
    assert done.stderr == ""


def test_summary_holds_what_was_promised(replayed):
    summary = json.loads((replayed[0] / "summary.json").read_text())
    assert set(summary) >= SUMMARY_KEYS
    assert summary["frames"] > 20
    assert summary["frames_with_face"] > 0
    assert summary["explained_frames"] > 0
    assert summary["interrupted"] is False
    assert summary["model_id"] == "tiny-untrained"
    assert {"decode", "landmarks", "crop", "classify", "judge", "write"} <= set(summary["stage_ms"])


def test_table_and_journal_agree(replayed):
    out, _ = replayed
    summary = json.loads((out / "summary.json").read_text())
    table = pq.read_table(out / "frames.parquet").to_pylist()
    records = [json.loads(line) for line in (out / "records.jsonl").read_bytes().splitlines()]
    frames = [record for record in records if record["record"] == "Frame"]
    assert len(table) == len(frames) == summary["frames"]
    assert [row["frame_id"] for row in table] == [frame["frame_id"] for frame in frames]
    times = [row["captured_s"] for row in table]
    assert times == sorted(times)
    kinds = {record["record"] for record in records}
    assert {"Frame", "FaceObservation", "FaceCrop", "Prediction", "Assessment", "SampleRequest", "Explanation"} <= kinds
    assert not any(name in record for record in records for name in ("pixels", "landmarks", "relevance"))
    assert all(isinstance(record, dict) and next(iter(record)) == "record" for record in records)


def test_no_picture_of_the_face_without_pixels(replayed):
    assert "image/jpeg" not in (replayed[0] / "report.html").read_text()


def test_annotated_recording_plays_and_lasts_as_long(replayed):
    recording = cv2.VideoCapture(str(replayed[0] / ANNOTATED))
    frames = 0
    while recording.read()[0]:
        frames += 1
    fps = recording.get(cv2.CAP_PROP_FPS)
    recording.release()
    summary = json.loads((replayed[0] / "summary.json").read_text())
    assert frames / fps == pytest.approx(summary["recording_s"], abs=0.1)


def test_same_file_and_settings_same_bytes(
    replayed, environment: dict[str, str], clips: Path, tiny_bundle: Path, tmp_path: Path
):
    again = vigil(
        environment, "replay", clips / "single_face.mp4", "--out", tmp_path / "again", "--model", tiny_bundle,
        "--max-seconds", "3",
    )  # fmt: skip
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again" / "records.jsonl").read_bytes() == (replayed[0] / "records.jsonl").read_bytes()
    assert (tmp_path / "again" / "alerts.json").read_bytes() == (replayed[0] / "alerts.json").read_bytes()
    assert (tmp_path / "again" / "timeline.png").read_bytes() == (replayed[0] / "timeline.png").read_bytes()


def test_earlier_run_is_refused_and_overwrite_replaces_it(
    replayed, environment: dict[str, str], clips: Path, tiny_bundle: Path, tmp_path: Path
):
    out = tmp_path / "out"
    shutil.copytree(replayed[0], out)
    (out / "mine.txt").write_text("mine")
    before = (out / "records.jsonl").read_bytes()
    arguments = ("replay", clips / "no_face.mp4", "--out", out, "--model", tiny_bundle, "--no-explain")
    refused = vigil(environment, *arguments)
    assert refused.returncode == 73
    assert refused.stderr.startswith("vigil: ")
    assert refused.stderr.count("\n") == 1
    assert "--overwrite" in refused.stderr
    assert (out / "records.jsonl").read_bytes() == before
    replaced = vigil(environment, *arguments, "--overwrite", "--max-seconds", "1")
    assert replaced.returncode == 0, replaced.stderr
    assert (out / "mine.txt").read_text() == "mine"
    assert not (out / ANNOTATED).exists()
    assert (out / "records.jsonl").read_bytes() != before


def test_recording_without_a_face_says_so(environment: dict[str, str], clips: Path, tiny_bundle: Path, tmp_path: Path):
    done = vigil(environment, "replay", clips / "no_face.mp4", "--out", tmp_path / "out", "--model", tiny_bundle)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["frames"] > 0
    assert summary["frames_with_face"] == 0
    assert summary["pain_max"] is None
    assert summary["pain_onset_s"] is None
    page = (tmp_path / "out" / "report.html").read_text()
    assert "No face was found" in page


@pytest.mark.parametrize("moment", ["running"])
def test_ctrl_c_ends_cleanly_with_all_so_far(
    moment: str, environment: dict[str, str], clips: Path, tiny_bundle: Path, tmp_path: Path
):
    out = tmp_path / "out"
    process = subprocess.Popen(
        command("replay", clips / "asl_night.mkv", "--out", out, "--model", tiny_bundle),
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    journal = out / "records.jsonl"
    while time.monotonic() < deadline and not (journal.exists() and journal.stat().st_size > 5000):
        time.sleep(0.02)
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130, said
    assert said == "vigil: interrupted\n"
    summary = json.loads((out / "summary.json").read_text())
    assert summary["interrupted"] is True
    records = [json.loads(line) for line in journal.read_bytes().splitlines()]
    assert sum(record["record"] == "Frame" for record in records) == summary["frames"] > 0
    assert pq.read_table(out / "frames.parquet").num_rows == summary["frames"]
    assert "stopped before the recording" in (out / "report.html").read_text()
    assert not list(out.glob(".*"))


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (5 << 20, 5 << 20))


def test_full_output_keeps_everything_so_far(
    environment: dict[str, str], clips: Path, tiny_bundle: Path, tmp_path: Path
):
    """A file that may not grow past 5 MB stands for a disk that fills up; the picture loop is made long enough."""
    still = tmp_path / "still.avi"
    writer = cv2.VideoWriter(str(still), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 64))
    picture = cv2.resize(cv2.imread(str(clips / "single_face.jpg")), (64, 64))
    for _ in range(12000):
        writer.write(picture)
    writer.release()
    out = tmp_path / "out"
    done = vigil(
        environment, "replay", still, "--out", out, "--model", tiny_bundle, "--no-explain",
        preexec_fn=limit_file_size,
    )  # fmt: skip
    assert done.returncode == 74, done.stderr
    assert done.stderr.count("\n") == 1
    assert "records.jsonl" in done.stderr
    lines = (out / "records.jsonl").read_bytes()
    assert lines.endswith(b"\n")
    records = [json.loads(line) for line in lines.splitlines()]
    summary = json.loads((out / "summary.json").read_text())
    assert 0 < summary["frames"] <= sum(record["record"] == "Frame" for record in records)
    assert (out / "alerts.json").exists()
    assert (out / "report.html").exists()


@pytest.mark.parametrize(
    ("options", "code", "line"),
    [
        (["--out", "/proc/vigil"], 73, "/proc/vigil"),
        (["--out", "/dev/null"], 73, "is a file"),
        (["--out", "{tmp}/o", "--nope"], 64, "No such option"),
        (["--out", "{tmp}/o", "--rotate", "45"], 64, "--rotate"),
        (["--out", "{tmp}/o", "--zone", "1,2"], 64, "--zone"),
        (["--out", "{tmp}/o", "--composite", "nonsense"], 64, "--composite"),
        (["--out", "{tmp}/o", "--config", "{tmp}/none.toml"], 78, "none.toml"),
        (["--out", "{tmp}/o", "--script", "{tmp}/none.json"], 66, "none.json"),
        (["--out", "{tmp}/o", "--model", "{tmp}"], 65, "no model here"),
        (["--out", "{tmp}/o", "--landmarker", "{tmp}/none.task"], 69, "none.task"),
    ],
)
def test_refusals_are_one_line(
    options: list[str], code: int, line: str, environment: dict[str, str], clips: Path, tiny_bundle: Path,
    tmp_path: Path,
):  # fmt: skip
    arguments = [option.format(tmp=tmp_path) for option in options]
    if "--model" not in arguments:
        arguments += ["--model", str(tiny_bundle)]
    done = vigil(environment, "replay", clips / "no_face.mp4", *arguments)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("vigil: ")
    assert done.stderr.count("\n") == 1
    assert line in done.stderr
    assert not (tmp_path / "o").exists()
