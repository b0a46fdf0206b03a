"""The builder: the real wheel gives the pinned asset, which finds the faces that the official one finds."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.native_reports import keep_reports_here
from monitor.errors import ServiceUnavailable
from monitor.face import assets_builder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        keep_reports_here()  # as after a first landmarker: pip must find its index all the same
        return assets_builder.fetch_wheel(tmp_path_factory.mktemp("wheel"))
    except ServiceUnavailable as error:
        pytest.skip(f"no package index in reach: {error}")


@pytest.fixture(scope="module")
def built(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("asset") / "built.task"
    path.write_bytes(assets_builder.assemble(wheel))  # refuses a result with another hash than pinned
    return path


def test_two_builds_are_the_same_bytes(wheel: Path, built: Path) -> None:
    assert assets_builder.assemble(wheel) == built.read_bytes()


def test_members_are_stored_not_compressed(built: Path) -> None:
    with zipfile.ZipFile(built) as archive:
        members = {entry.filename: entry.compress_type for entry in archive.infolist()}
    assert members == {
        "face_detector.tflite": zipfile.ZIP_STORED,
        "face_landmarks_detector.tflite": zipfile.ZIP_STORED,
    }


def test_weights_lie_on_16_byte_boundaries(built: Path) -> None:
    from mediapipe.tasks.metadata import schema_py_generated as schema

    with zipfile.ZipFile(built) as archive:
        model = schema.Model.GetRootAs(archive.read("face_landmarks_detector.tflite"), 0)
    buffers = [model.Buffers(number) for number in range(model.BuffersLength())]
    filled = [buffer for buffer in buffers if buffer.DataLength()]
    assert len(filled) > 100
    assert all(buffer._tab.Vector(buffer._tab.Offset(4)) % 16 == 0 for buffer in filled)


def landmarks_of(asset: Path, clip: Path) -> list[np.ndarray | None]:
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(asset)), running_mode=vision.RunningMode.VIDEO
    )
    capture = cv2.VideoCapture(str(clip))
    found: list[np.ndarray | None] = []
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        while (read := capture.read())[0]:
            rgb = cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)
            faces = landmarker.detect_for_video(mp.Image(mp.ImageFormat.SRGB, rgb), len(found) * 33).face_landmarks
            size = np.array([rgb.shape[1], rgb.shape[0]])
            found.append(np.array([(point.x, point.y) for point in faces[0]]) * size if faces else None)
    return found


@pytest.mark.shared
def test_it_finds_the_faces_the_official_asset_finds(built: Path, shared: Path) -> None:
    clip = shared / "clips" / "single_face.mp4"
    ours = landmarks_of(built, clip)
    official = landmarks_of(shared / "assets" / "face_landmarker.task", clip)
    assert [points is not None for points in ours] == [points is not None for points in official]
    off = []
    for mine, theirs in zip(ours, official, strict=True):
        if mine is not None and theirs is not None:
            eyes = np.linalg.norm(theirs[33] - theirs[263])
            off.append(np.linalg.norm(mine - theirs, axis=1).mean() / eyes)
    assert len(off) > 50
    assert np.mean(off) < 0.1  # of the distance between the outer eye corners, iris stand-ins included


def test_a_changed_input_is_refused(tmp_path: Path) -> None:
    fake = tmp_path / "mediapipe-0.10.21.whl"
    with zipfile.ZipFile(fake, "w") as archive:
        for name in assets_builder.INPUT_SHA256:
            archive.writestr(name, b"something else")
    with pytest.raises(ServiceUnavailable, match="sha256"):
        assets_builder.assemble(fake)


@pytest.mark.parametrize("content", [b"", b"not a zip"])
def test_a_broken_wheel_is_refused(tmp_path: Path, content: bytes) -> None:
    broken = tmp_path / "mediapipe-0.10.21.whl"
    broken.write_bytes(content)
    with pytest.raises(ServiceUnavailable, match="not the wheel"):
        assets_builder.assemble(broken)


def test_what_pip_says_last_is_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = subprocess.CompletedProcess([], 1, stdout="", stderr="WARNING: slow\nERROR: nothing found\n\n")
    monkeypatch.setattr("subprocess.run", lambda *_a, **_k: answer)
    with pytest.raises(ServiceUnavailable, match=r"ERROR: nothing found$"):
        assets_builder.fetch_wheel(tmp_path)


def test_a_pip_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_args: object, **_kw: object) -> None:
        raise subprocess.TimeoutExpired("pip", 1)

    monkeypatch.setattr("subprocess.run", hang)
    with pytest.raises(ServiceUnavailable, match="within"):
        assets_builder.fetch_wheel(tmp_path)
