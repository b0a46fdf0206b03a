"""Recordings decoded by the FFmpeg inside OpenCV. Honours rotation metadata; 10-bit, grey and alpha become BGR."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

from monitor.errors import InputError
from monitor.records import U8, Frame, Gap
from monitor.sources.packets import Packets, silence_ffmpeg
from monitor.sources.presentation import Presentation, turned
from monitor.sources.source import SourceInfo, SourceSettings

UNCOUNTED_ATTEMPTS = 4096
SPARE_ATTEMPTS = 64


class OpenCvSource:
    """One pass over a recording. InputError when nothing in it can be decoded."""

    def __init__(self, path: Path, settings: SourceSettings, *, source_id: str, started_at: datetime) -> None:
        silence_ffmpeg()
        self._settings = settings
        # An absolute path is never taken for a protocol ("a:b.mp4").
        self._capture = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise InputError(
                f"{path}: not a recording that OpenCV can open (damaged, cut off, or another kind of file)"
            )
        self._capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        self._count = count if 0 < count < 2**31 else None
        mean_fps = fps if 0 < fps < 1000 else None
        self._first = self._next_picture(lost=None)
        if self._first is None:
            self.close()
            raise InputError(f"{path}: OpenCV finds no picture in it that can be decoded")
        self._packets = Packets(path)
        height, width = turned(self._first[0], settings.rotate_deg).shape[:2]
        self.info = SourceInfo(
            source_id=source_id,
            width=width,
            height=height,
            fps=self._packets.nominal_fps(mean_fps),
            frame_count=self._count,
            duration_s=self._count / mean_fps if self._count and mean_fps else None,
            backend="opencv",
            started_at=started_at,
        )

    def frames(self) -> Iterator[Frame | Gap]:
        """One pass; see ``Source``."""
        presentation = Presentation(
            self.info.source_id, self.info.started_at, self.info.fps, self._settings, self._packets.lasts
        )
        picture, self._first = self._first, None
        try:
            while picture is not None:
                yield from presentation.picture(*picture)
                picture = self._next_picture(lost=presentation)
            if self._capture.isOpened():
                yield from presentation.end(self.info.duration_s)
        finally:
            self.close()

    def close(self) -> None:
        """Free the decoder."""
        self._capture.release()

    def _next_picture(self, lost: Presentation | None) -> tuple[U8, float] | None:
        """The next picture and its time; None at the end.

        ``read`` says False for a packet that cannot be decoded just as at the end of the file, so it is tried again,
        as often as packets can be left; at the end these attempts cost nothing.
        """
        for attempt in range(self._count + SPARE_ATTEMPTS if self._count else UNCOUNTED_ATTEMPTS):
            decoded, pixels = self._capture.read()
            if decoded and pixels is not None and pixels.size:
                if attempt > 0 and lost is not None:
                    lost.failed("the picture cannot be decoded")
                return _bgr(pixels), float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
            if not self._capture.isOpened():
                return None
        return None


def _bgr(pixels: U8) -> U8:
    if pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype == np.uint8:
        return pixels
    raise InputError(f"OpenCV delivered pictures of {pixels.shape} {pixels.dtype}, not (H, W, 3) uint8")
