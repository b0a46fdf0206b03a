"""The real ``vigil explain`` on pictures with no, one and several faces, with an untrained network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.spec import AUS, EMOTIONS

pytestmark = pytest.mark.shared

KEYS = {
    "box", "emotions", "aus", "pspi", "pspi_reason", "pain", "mu", "mu_chance", "conservation_error", "sentence",
    "quality",
}  # fmt: skip


@pytest.fixture(scope="module")
def environment(shared: Path, tiny_bundle: Path) -> dict[str, str]:
    return os.environ | {
        "VIGIL_LANDMARKER": str(shared / "assets" / "face_landmarker.task"),
        "VIGIL_MODEL": str(tiny_bundle),
    }


def vigil(environment: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from monitor.cli import main; main()", *map(str, arguments)],
        env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def test_one_face(environment: dict[str, str], clips: Path, tmp_path: Path):
    picture = tmp_path / "faces.png"
    done = vigil(environment, "explain", clips / "single_face.jpg", "--json", "--out", picture)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    (face,) = json.loads(done.stdout)["faces"]
    assert set(face) == KEYS
    assert all(isinstance(value, int) for value in face["box"])
    x, y, width, height = face["box"]
    assert 150 < x < x + width < 420
    assert 150 < y < y + height < 440
    assert tuple(face["emotions"]) == EMOTIONS
    assert sum(face["emotions"].values()) == pytest.approx(1.0, abs=1e-4)
    for name in ("aus", "mu", "mu_chance", "conservation_error"):
        assert tuple(face[name]) == AUS
    assert all(0 < value < 0.2 for value in face["conservation_error"].values())
    assert all(value is None or 0 <= value <= 1 for value in face["mu"].values())
    assert (face["pspi"] is None) == (face["pspi_reason"] is not None)
    assert 0.0 <= face["pain"] <= 1.0
    assert face["quality"]["assessable"] is True
    drawn = cv2.imread(str(picture))
    assert drawn is not None
    assert drawn.std() > 10


def test_several_faces_from_left_to_right(environment: dict[str, str], clips: Path):
    done = vigil(environment, "explain", clips / "multi_face.jpg", "--json", "--no-explain")
    faces = json.loads(done.stdout)["faces"]
    assert len(faces) > 1
    lefts = [face["box"][0] for face in faces]
    assert lefts == sorted(lefts)
    assert all(value is None for face in faces for value in face["mu"].values())


def test_no_face_is_an_empty_list(environment: dict[str, str], tmp_path: Path):
    grey = tmp_path / "grey.png"
    cv2.imwrite(str(grey), np.full((200, 300), 128, np.uint8))
    done = vigil(environment, "explain", grey, "--json", "--out", tmp_path / "out.png")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"faces": []}
    assert (tmp_path / "out.png").exists()
    assert "no face found" in vigil(environment, "explain", grey).stdout


def test_neutral_picture_is_judged_against(environment: dict[str, str], clips: Path, tmp_path: Path):
    same = vigil(
        environment, "explain", clips / "single_face.jpg", "--json", "--neutral", clips / "single_face.jpg",
        "--no-explain",
    )  # fmt: skip
    (face,) = json.loads(same.stdout)["faces"]
    assert face["pain"] < 0.5, "a face that equals its own neutral face shows no pain"
    empty = tmp_path / "grey.png"
    cv2.imwrite(str(empty), np.full((200, 300), 128, np.uint8))
    refused = vigil(environment, "explain", clips / "single_face.jpg", "--neutral", empty)
    assert refused.returncode == 65
    assert refused.stderr == f"vigil: {empty}: shows no face to take as neutral\n"


def test_table_for_people(environment: dict[str, str], clips: Path):
    done = vigil(environment, "explain", clips / "single_face.jpg", "--no-explain")
    assert done.returncode == 0
    assert "brow lowered (AU04)" in done.stdout


@pytest.mark.parametrize(("name", "code"), [("none.jpg", 66), ("empty.jpg", 65), ("text.jpg", 65)])
def test_refusals_are_one_line(environment: dict[str, str], tmp_path: Path, name: str, code: int):
    if name != "none.jpg":
        (tmp_path / name).write_text("" if name == "empty.jpg" else "this is no picture\n" * 50)
    done = vigil(environment, "explain", tmp_path / name, "--json")
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("vigil: ")
    assert done.stderr.count("\n") == 1


def test_unwritable_png(environment: dict[str, str], clips: Path):
    done = vigil(environment, "explain", clips / "single_face.jpg", "--no-explain", "--out", "/proc/x.png")
    assert done.returncode == 73
    assert done.stderr.startswith("vigil: /proc/x.png: cannot write")
    assert "brow lowered (AU04)" in done.stdout, "what was found out is not lost with the picture"
