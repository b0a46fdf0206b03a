"""``annotated.mp4``: the recording with what was judged drawn over it; on blank ground unless pixels are allowed."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from monitor.errors import ServiceUnavailable
from monitor.pipeline import Step
from monitor.records import U8, AlertSignal, FaceObservation, Frame, Level, Presence, Record
from monitor.report import words
from monitor.report.face_lines import face_lines
from monitor.storage.output_errors import output_error

LARGEST_PX = 1280
_LEVEL_BGR = {Level.PAIN: (60, 60, 230), Level.NO_PAIN: (90, 170, 60), Level.UNASSESSABLE: (150, 150, 150)}
_FONT = cv2.FONT_HERSHEY_SIMPLEX


class FrameSink(Protocol):
    """Takes (H, W, 3) BGR pictures at a constant rate."""

    def write(self, pixels: U8) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class FfmpegSink:
    """H.264 through the ``ffmpeg`` command: plays in every browser."""

    def __init__(self, path: Path, command: str, size: tuple[int, int], fps: float) -> None:
        self._path = path
        self._said = b""
        rate = str(Fraction(fps).limit_denominator(1001))
        self._process = subprocess.Popen(
            [
                command, "-hide_banner", "-loglevel", "error", "-nostdin", "-y",
                "-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{size[0]}x{size[1]}", "-r", rate, "-i", "pipe:0",
                "-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p",
                "-movflags", "+faststart", str(path),
            ],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def write(self, pixels: U8) -> None:
        """Hand one picture over."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(pixels.tobytes())
        except OSError as error:  # mostly a broken pipe: the command ended, and knows why
            self.close()
            raise output_error(self._path, error) from error

    def close(self) -> None:
        """Finish the file; OutputError with the command's own words when it failed, also when called again."""
        if self._process.returncode is None:
            _, self._said = self._process.communicate()
        if self._process.returncode != 0:
            last = self._said.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
            raise output_error(self._path, OSError(errno.EIO, f"ffmpeg: {last[0]}"))


class OpencvSink:
    """MPEG-4 Part 2 through OpenCV: always there, played by VLC and the like but not by browsers."""

    def __init__(self, path: Path, size: tuple[int, int], fps: float) -> None:
        self._writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
        if not self._writer.isOpened():
            raise ServiceUnavailable(f"{path}: neither ffmpeg nor OpenCV can write MP4 here; leave out --annotate")

    def write(self, pixels: U8) -> None:
        """Encode one picture."""
        self._writer.write(pixels)

    def close(self) -> None:
        """Finish the file."""
        self._writer.release()


class AnnotatedRecording:
    """Consumer that draws every step; pictures are repeated or left out so that times stay true at a constant rate."""

    def __init__(self, path: Path, fps: float | None, *, pixels: bool) -> None:
        self._path = path
        self._fps = min(fps or 25.0, 60.0)
        self._pixels = pixels
        self._sink: FrameSink | None = None
        self._size = (0, 0)
        self._first_s: float | None = None
        self._shown: U8 | None = None
        self._written = 0
        self._on: dict[int, str] = {}

    def take(self, step: Step) -> None:
        """Draw one step. Gaps hold the picture before."""
        self._follow(step)
        if not isinstance(step.seen, Frame):
            return
        if self._sink is None:
            height, width = step.seen.pixels.shape[:2]
            scale = min(1.0, LARGEST_PX / max(height, width))
            self._size = (max(int(width * scale) // 2 * 2, 2), max(int(height * scale) // 2 * 2, 2))
            self._first_s = step.seen.captured_s
            command = shutil.which("ffmpeg")
            self._sink = (
                FfmpegSink(self._path, command, self._size, self._fps)
                if command and os.access(command, os.X_OK)
                else OpencvSink(self._path, self._size, self._fps)
            )
        due = round((step.seen.captured_s - (self._first_s or 0.0)) * self._fps) + 1
        if due <= self._written:
            return
        before, self._shown = self._shown, self.draw(step, step.seen)
        while self._written < due:
            self._sink.write(self._shown if before is None or self._written == due - 1 else before)
            self._written += 1

    def end(self, records: Sequence[Record]) -> None:
        """Nothing is drawn after the last picture."""

    def close(self) -> None:
        """Finish the file."""
        if self._sink is not None:
            sink, self._sink = self._sink, None
            sink.close()

    def _follow(self, step: Step) -> None:
        for record in step.alerts:
            if isinstance(record, AlertSignal):
                if record.presence is Presence.OFF:
                    self._on.pop(record.alert_id, None)
                else:
                    self._on[record.alert_id] = words.CODE[record.code]

    def draw(self, step: Step, frame: Frame) -> U8:
        """(H, W, 3) BGR: the picture or blank ground, the resident's face lines and box, level, score, alerts."""
        width, height = self._size
        scale = width / frame.pixels.shape[1]
        if self._pixels:
            canvas = np.asarray(cv2.resize(frame.pixels, self._size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        else:
            canvas = np.full((height, width, 3), 28, dtype=np.uint8)
        judged = step.assessment
        colour = _LEVEL_BGR[judged.level]
        if isinstance(step.face, FaceObservation):
            x, y, w, h = (value * scale for value in step.face.box)
            cv2.rectangle(canvas, (int(x), int(y)), (int(x + w), int(y + h)), colour, 2, cv2.LINE_AA)
            if not self._pixels:
                lines = [np.round(line * scale).astype(np.int32) for line in face_lines(step.face.landmarks)]
                cv2.polylines(canvas, lines, False, (200, 200, 200), 1, cv2.LINE_AA)
        bar = max(int(height * 0.07), 18)
        size = bar / 40.0
        cv2.rectangle(canvas, (0, height - bar), (width, height), (20, 20, 20), -1)
        if judged.score is not None:
            cv2.rectangle(canvas, (0, height - bar), (int(width * judged.score), height), colour, -1)
        text = f"{words.clock(frame.captured_s)}  {words.LEVEL[judged.level]}"
        if judged.score is not None:
            text += f" {judged.score:.2f}"
        elif judged.cannot_assess is not None:
            text += f": {words.CANNOT[judged.cannot_assess]}"
        cv2.putText(canvas, text, (8, height - bar // 3), _FONT, size, (255, 255, 255), 1, cv2.LINE_AA)
        for row, name in enumerate(self._on.values()):
            top = row * bar
            cv2.rectangle(canvas, (0, top), (width, top + bar), (40, 40, 170), -1)
            cv2.putText(canvas, f"ALERT  {name}", (8, top + bar * 2 // 3), _FONT, size, (255, 255, 255), 1, cv2.LINE_AA)
        return canvas
