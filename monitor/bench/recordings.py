"""The recordings that are measured: the demo's person, with all that a resident does, in the size asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from monitor.demo.recording import RecordingSettings, make_recording
from monitor.demo.script import Act, written_script
from monitor.errors import OutputFull
from monitor.records import U8

FPS = 25.0
SIZES = ((640, 360), (1280, 720))


def bench_recording(
    folder: Path, size: tuple[int, int], seconds: float, progress: Callable[[int, int], None] | None = None
) -> Path:
    """A recording of ``size`` (width, height): neutral, grimace and laugh in turn, a face in every picture."""
    third = seconds / 3.0
    settings = RecordingSettings(
        width_px=size[0],
        height_px=size[1],
        fps=FPS,
        script=written_script(((Act.NEUTRAL, third), (Act.GRIMACE, third), (Act.LAUGH, third))),
    )
    return make_recording(folder / f"bench-{size[0]}x{size[1]}.mp4", settings, progress=progress)


def ward_recording(folder: Path, number: int, seconds: float) -> Path:
    """What camera ``number`` of a ward shows: 640×360 at 15 a second, each begins elsewhere; made once a folder."""
    path = folder / f"ward-{number}.mp4"
    if path.exists():
        return path
    acts = (Act.NEUTRAL, Act.GRIMACE, Act.NEUTRAL, Act.LAUGH)
    turned = acts[number % 4 :] + acts[: number % 4]
    script = written_script(tuple((act, seconds / 4.0) for act in turned))
    return make_recording(path, RecordingSettings(fps=15.0, seed=20261121 + number, script=script))


def looped(recording: Path, path: Path, frames: int) -> Path:
    """``recording`` played over and over into ``path``, until ``frames`` pictures are written."""
    pictures = _pictures(recording)
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), FPS, (width, height))
    if not writer.isOpened():
        raise OutputFull(f"{path}: cannot be written as a video")
    for number in range(frames):
        writer.write(pictures[number % len(pictures)])
    writer.release()
    return path


def _pictures(recording: Path) -> list[U8]:
    capture = cv2.VideoCapture(str(recording), cv2.CAP_FFMPEG)
    pictures: list[U8] = []
    while True:
        decoded, picture = capture.read()
        if not decoded:
            return pictures
        pictures.append(np.asarray(picture, dtype=np.uint8))
