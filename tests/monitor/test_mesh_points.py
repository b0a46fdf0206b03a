"""Points read from MediaPipe's memory are those of its public results, and the public results stand in for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from mediapipe import Image, ImageFormat
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions, RunningMode

from monitor.demo.photograph import load_photograph
from monitor.face import mesh_points
from monitor.face.mesh_points import can_read_memory, points_call, read_from_memory, read_from_results


def _landmarker(asset: Path, mode: RunningMode) -> FaceLandmarker:
    options = FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(asset)), running_mode=mode, num_faces=2
    )
    return FaceLandmarker.create_from_options(options)


@pytest.fixture
def still(landmarker: Path) -> Iterator[FaceLandmarker]:
    with _landmarker(landmarker, RunningMode.IMAGE) as made:
        yield made


@pytest.fixture
def two_faces() -> Image:
    face = load_photograph(0.7).pixels
    rgb = cv2.cvtColor(np.hstack([face, face[:, ::-1]]), cv2.COLOR_BGR2RGB)
    return Image(image_format=ImageFormat.SRGB, data=np.ascontiguousarray(rgb))


def test_the_installed_release_is_read_from_memory(still: FaceLandmarker):
    assert can_read_memory(still)


def test_memory_and_results_hold_the_same_points(still: FaceLandmarker, two_faces: Image):
    read = read_from_memory(still)(two_faces, None)
    given = read_from_results(still)(two_faces, None)
    assert [points.shape for points in read] == [(478, 3), (478, 3)]
    assert all(np.array_equal(a, b) for a, b in zip(read, given, strict=True))


def test_so_they_do_along_a_recording(landmarker: Path, two_faces: Image):
    found = []
    for read in (read_from_memory, read_from_results):
        with _landmarker(landmarker, RunningMode.VIDEO) as video:
            call = read(video)
            found.append([call(two_faces, at_ms) for at_ms in (1, 41, 81)])
    for memory, results in zip(*found, strict=True):
        assert len(memory) == 2
        assert all(np.array_equal(a, b) for a, b in zip(memory, results, strict=True))


def test_points_outlive_the_call(still: FaceLandmarker, two_faces: Image):
    call = read_from_memory(still)
    first = call(two_faces, None)
    kept = [points.copy() for points in first]
    for _ in range(3):
        call(two_faces, None)
    assert all(np.array_equal(a, b) for a, b in zip(first, kept, strict=True))


def test_no_face_is_no_points(still: FaceLandmarker):
    black = Image(image_format=ImageFormat.SRGB, data=np.zeros((64, 64, 3), np.uint8))
    assert read_from_memory(still)(black, None) == []


@pytest.mark.parametrize("lacking", ["structure", "fields", "entries"])
def test_a_release_with_other_insides_is_asked_through_its_results(
    still: FaceLandmarker, two_faces: Image, monkeypatch: pytest.MonkeyPatch, lacking: str
):
    if lacking == "structure":
        monkeypatch.setattr(mesh_points, "_RESULT", None)
    elif lacking == "fields":
        other = type("Other", (), {"_fields_": [("faces", None)]})
        monkeypatch.setattr(mesh_points, "_RESULT", other)
    else:
        monkeypatch.setattr(mesh_points, "_ENTRIES", ("MpFaceLandmarkerSomethingNew",))
    assert not can_read_memory(still)
    found = points_call(still)(two_faces, None)
    assert [points.shape for points in found] == [(478, 3), (478, 3)]
