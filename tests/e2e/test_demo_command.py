"""``vigil demo`` as a user types it, judged by its own script."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from models.bundle import default_bundle
from monitor.demo.comparison import compare, judged_levels
from monitor.demo.script import written_script


def _vigil(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from monitor.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=290,
    )


@pytest.fixture(scope="module", autouse=True)
def shipped_model() -> None:
    if not default_bundle().is_dir():
        pytest.skip("no shipped model")


def test_a_folder_with_an_earlier_run_is_refused_before_any_work(tmp_path: Path):
    (tmp_path / "records.jsonl").write_text("earlier\n")
    refused = _vigil("demo", "--out", str(tmp_path))
    assert refused.returncode == 73
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "earlier run" in refused.stderr
    assert (tmp_path / "records.jsonl").read_text() == "earlier\n"
    assert not (tmp_path / "demo.mp4").exists()


def test_a_recording_of_that_name_is_not_replaced_unasked(tmp_path: Path):
    (tmp_path / "demo.mp4").write_bytes(b"mine")
    refused = _vigil("demo", "--out", str(tmp_path))
    assert refused.returncode == 73
    assert refused.stderr.startswith("vigil: ")
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("demo.mp4", b"mine")]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo")
    finished = _vigil("demo", "--out", str(out))
    assert finished.returncode == 0, finished.stderr
    assert str(out / "report.html") in finished.stdout
    return out


def test_everything_lies_in_the_folder(run: Path):
    names = {entry.name for entry in run.iterdir()}
    assert names >= {
        "demo.mp4",
        "script.json",
        "records.jsonl",
        "frames.parquet",
        "alerts.json",
        "summary.json",
        "timeline.png",
        "report.html",
    }
    assert json.loads((run / "summary.json").read_text())["frames"] == 1830


def test_the_judgement_follows_the_script(run: Path):
    alerts = json.loads((run / "summary.json").read_text())["alerts"]
    judged = compare(written_script(), judged_levels(run / "records.jsonl"), alerts)
    assert [part.sentence() for part in judged if not part.as_written] == []


def test_pain_is_alerted_once_the_delay_has_passed(run: Path):
    pain = [
        alert
        for alert in json.loads((run / "summary.json").read_text())["alerts"]
        if alert["code"] in {"pain", "pain_weak_evidence"}
    ]
    assert len(pain) == 2
    for alert, onset_s in zip(pain, (20.0, 87.0), strict=True):
        assert onset_s <= alert["onset_s"] <= onset_s + 3.0
        assert 14.9 <= alert["start_s"] - alert["onset_s"] <= 16.0
        assert alert["sentence"]


def test_the_report_is_one_file_with_the_script_beside(run: Path):
    page = (run / "report.html").read_text()
    assert "grimace" in page
    assert not re.search(r"""(src|href)=["']?https?://""", page)
