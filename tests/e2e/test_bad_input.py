"""Everything a user may hand over by mistake, through the real command: one clear line, an exit code, nothing lost.

Needs no recordings: the face is the photograph that matplotlib installs.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.bundle import FILES, GRAPH, SPEC, SPEC_KEY, WEIGHTS, open_bundle, write_manifest
from monitor.demo.photograph import load_photograph
from monitor.errors import ServiceUnavailable
from monitor.storage.run_folder import OUR_FILES


@pytest.fixture(scope="module")
def environment(landmarker: Path, tiny_bundle: Path) -> dict[str, str]:
    return os.environ | {"VIGIL_LANDMARKER": str(landmarker), "VIGIL_MODEL": str(tiny_bundle)}


def vigil(environment: dict[str, str], *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from monitor.cli import main; main()", *map(str, arguments)],
        env=environment, capture_output=True, text=True, timeout=240, check=False, **options,
    )  # fmt: skip


def assert_one_line(done: subprocess.CompletedProcess[str], code: int, *said: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("vigil: ")
    assert done.stderr.count("\n") == 1, done.stderr
    for words in said:
        assert words in done.stderr


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a room without a face."""
    path = tmp_path_factory.mktemp("recording") / "room.mp4"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (160, 120))
    rng = np.random.default_rng(3)
    for _ in range(20):
        writer.write(rng.integers(0, 255, (120, 160, 3), np.uint8))
    writer.release()
    return path


@pytest.mark.parametrize("command", ["replay", "explain"])
@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("nowhere.mp4", 66, "no such file"),
        ("empty.mp4", 65, "the file is empty"),
        ("text.mp4", 65, "not a recording"),
        ("truncated.mp4", 65, "its index (moov), written at the end, is missing"),
        ("truncated.jpg", 65, "the picture is cut off"),
    ],
)
def test_what_is_no_recording_or_picture(
    command: str, name: str, code: int, said: str, environment: dict[str, str], recording: Path, tmp_path: Path
):
    path = tmp_path / name
    if name == "empty.mp4":
        path.touch()
    elif name == "text.mp4":
        path.write_text("the resident slept well\n" * 200)
    elif name == "truncated.mp4":
        path.write_bytes(recording.read_bytes()[: recording.stat().st_size // 2])
    elif name == "truncated.jpg":
        encoded = cv2.imencode(".jpg", load_photograph(1.0).pixels)[1].tobytes()
        path.write_bytes(encoded[: len(encoded) // 2])
    out = tmp_path / "out"
    done = vigil(environment, command, path, *(("--out", out) if command == "replay" else ("--json",)))
    assert_one_line(done, code, name, said)
    assert done.stdout == ""
    assert not out.exists()


def test_a_recording_without_a_face(environment: dict[str, str], recording: Path, tmp_path: Path):
    done = vigil(environment, "replay", recording, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["frames"], summary["frames_with_face"], summary["assessable_frames"]) == (20, 0, 0)
    assert [summary[name] for name in ("pain_max", "pain_onset_s", "pspi_max")] == [None] * 3
    assert summary["alerts"] == []


@pytest.mark.parametrize(("width", "height"), [(1, 1), (7680, 4320)])
def test_the_smallest_and_the_largest_picture(width: int, height: int, environment: dict[str, str], tmp_path: Path):
    pixels = np.full((height, width, 3), 90, np.uint8)
    face = cv2.resize(load_photograph(1.0).pixels, None, fx=4, fy=4)
    if height > face.shape[0]:
        pixels[400 : 400 + face.shape[0], 2000 : 2000 + face.shape[1]] = face
    path = tmp_path / "picture.png"
    cv2.imwrite(str(path), pixels)
    explained = vigil(environment, "explain", path, "--json", "--no-explain")
    assert (explained.returncode, explained.stderr) == (0, "")
    faces = json.loads(explained.stdout)["faces"]
    assert len(faces) == (0 if width == 1 else 1)
    for x, y, w, h in (face["box"] for face in faces):
        assert 2000 < x < x + w < 2000 + face.shape[1]
        assert 400 < y < y + h < 400 + face.shape[0]
    replayed = vigil(environment, "replay", path, "--out", tmp_path / "out", "--annotate", "--no-explain")
    assert (replayed.returncode, replayed.stderr) == (0, "")
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["frames"], summary["frames_with_face"]) == (1, len(faces))
    assert {entry.name for entry in (tmp_path / "out").iterdir()} == set(OUR_FILES)


@pytest.mark.parametrize("command", ["replay", "explain"])
@pytest.mark.parametrize("name", [WEIGHTS, GRAPH, SPEC])
def test_a_bundle_with_a_changed_byte(
    command: str, name: str, environment: dict[str, str], tiny_bundle: Path, recording: Path, tmp_path: Path
):
    bundle = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    out = ("--out", tmp_path / "out") if command == "replay" else ("--json",)
    done = vigil(environment, command, recording, "--model", bundle, *out)
    assert_one_line(done, 65, f"{name}: changed since export")
    assert not (tmp_path / "out").exists()


def respecified(tiny_bundle: Path, folder: Path, **changes: object) -> Path:
    """A sealed bundle, sound in itself, whose specification says something else."""
    onnx = pytest.importorskip("onnx")
    spec = replace(open_bundle(tiny_bundle).spec, **changes)  # type: ignore[arg-type]
    bundle = Path(shutil.copytree(tiny_bundle, folder))
    (bundle / SPEC).write_text(spec.to_json(), encoding="utf-8")
    graph = onnx.load(bundle / GRAPH, load_external_data=False)
    metadata = {entry.key: entry.value for entry in graph.metadata_props} | {SPEC_KEY: spec.to_json()}
    onnx.helper.set_model_props(graph, metadata)
    (bundle / GRAPH).write_bytes(graph.SerializeToString())
    write_manifest(bundle, spec.model_id)
    assert set(open_bundle(bundle).files) == set(FILES)
    return bundle


@pytest.mark.parametrize("command", ["replay", "explain"])
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"input_px": 96}, "network wants 96 px, crop gives 112"),
        ({"crop": "whole-head-2"}, "network wants crop 'whole-head-2', this program makes"),
    ],
)
def test_a_network_whose_specification_disagrees_with_the_crop(
    command: str, changes: dict[str, object], said: str, environment: dict[str, str], tiny_bundle: Path,
    recording: Path, tmp_path: Path,
):  # fmt: skip
    bundle = respecified(tiny_bundle, tmp_path / "bundle", **changes)
    out = ("--out", tmp_path / "out") if command == "replay" else ("--json",)
    done = vigil(environment, command, recording, "--model", bundle, *out)
    assert_one_line(done, 65, said)
    assert not (tmp_path / "out").exists()


def no_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


def test_a_folder_without_room_from_the_start(environment: dict[str, str], recording: Path, tmp_path: Path):
    """No file may grow past 1 MB, so that not even the reserve finds room; the earlier run stays."""
    (tmp_path / "summary.json").write_text("earlier")
    done = vigil(environment, "replay", recording, "--out", tmp_path, "--no-explain", "--overwrite", preexec_fn=no_room)
    assert_one_line(done, 74, str(tmp_path))
    assert [entry.name for entry in tmp_path.iterdir()] == ["summary.json"]
    assert (tmp_path / "summary.json").read_text() == "earlier"


def test_an_unwritable_folder(environment: dict[str, str], recording: Path):
    assert_one_line(vigil(environment, "replay", recording, "--out", "/proc/vigil", "--no-explain"), 73, "/proc/vigil")


def test_a_folder_with_an_earlier_run(environment: dict[str, str], recording: Path, tmp_path: Path):
    (tmp_path / "records.jsonl").write_text("earlier\n")
    done = vigil(environment, "replay", recording, "--out", tmp_path, "--no-explain")
    assert_one_line(done, 73, "earlier run", "--overwrite")
    assert [(entry.name, entry.read_text()) for entry in tmp_path.iterdir()] == [("records.jsonl", "earlier\n")]


def test_a_recording_is_never_replaced_by_its_own_replay(environment: dict[str, str], recording: Path, tmp_path: Path):
    source = Path(shutil.copy(recording, tmp_path / "annotated.mp4"))
    done = vigil(environment, "replay", source, "--out", tmp_path, "--no-explain", "--overwrite")
    assert_one_line(done, 73, "would be replaced")
    assert source.read_bytes() == recording.read_bytes()


def test_no_landmark_asset_to_be_had(environment: dict[str, str], recording: Path, tmp_path: Path):
    """An air-gapped machine with an empty cache: neither Google nor a package index answers."""
    cut_off = {name: value for name, value in environment.items() if name != "VIGIL_LANDMARKER"} | {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "https_proxy": "http://127.0.0.1:9",
        "PIP_INDEX" + "_URL": "http://127.0.0.1:9",
        "PIP_RETRIES": "0",
        "PIP_CONFIG_FILE": os.devnull,
    }
    done = vigil(cut_off, "replay", recording, "--out", tmp_path / "out", "--no-explain")
    assert done.returncode == ServiceUnavailable.exit_code, done.stderr
    assert "without network copy" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()
