"""The real ``vigil models evaluate``: finds its evaluation and its landmarker, and refuses in one line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest

from models.bundle import default_bundle


def vigil(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from monitor.cli import main; main()", "models", "evaluate", *map(str, arguments)],
        env=os.environ | environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    votes = np.zeros((3, 10), np.uint8)
    votes[:, 1] = 5
    np.savez(tmp_path / "grey.npz", images=np.full((3, 48, 48), 90, np.uint8), votes=votes)
    return tmp_path / "grey.npz"


def test_the_landmarker_that_vigil_uses_is_used(grey: Path, landmarker: Path) -> None:
    done = vigil(default_bundle(), "--dataset", "ferplus", "--file", grey, "--json", VIGIL_LANDMARKER=str(landmarker))
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert (figures["n"], figures["landmarker"]) == (3, landmarker.name)
    assert {"accuracy_majority", "recall", "calibration_error"} <= set(figures)
    assert done.stderr == ""


def test_a_table_for_people(grey: Path, landmarker: Path) -> None:
    done = vigil(default_bundle(), "--file", grey, "--landmarker", landmarker)
    assert done.returncode == 0, done.stderr
    assert "accuracy majority" in done.stdout
    assert "happiness" in done.stdout


def test_an_unknown_data_set_lists_those_there_are() -> None:
    done = vigil(default_bundle(), "--dataset", "nothing")
    assert done.returncode == 64
    assert done.stderr.startswith("vigil: Invalid value for --dataset: no data set 'nothing'; there are: ")
    assert all(point.name in done.stderr for point in entry_points(group="vigil.evaluations"))
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("dataset", ["ferplus", "pairs", "films"])
def test_without_a_file_one_line_says_which(dataset: str, landmarker: Path) -> None:
    done = vigil(default_bundle(), "--dataset", dataset, "--landmarker", landmarker)
    assert done.returncode == 66
    assert done.stderr.startswith(f"vigil: models evaluate --dataset {dataset}: needs --file, ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "code", "said"),
    [("--file", 65, "not an .npz"), ("--landmarker", 69, "not a MediaPipe task file")],
)
def test_a_text_file_is_neither_data_nor_landmarker(grey: Path, landmarker: Path, option: str, code: int, said: str):
    text = grey.with_name("text.txt")
    text.write_text("hello")
    options = {"--file": grey, "--landmarker": landmarker} | {option: text}
    done = vigil(default_bundle(), *(part for pair in options.items() for part in pair))
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("vigil: ")
    assert f"{text}" in done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
