"""When a container says that its pictures are shown, read from its packets without decoding any.

This tells a picture that was lost from one that the recording shows for long: a recorder with a variable frame rate
writes nothing while nothing moves, and a still end may be one picture of many seconds.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from monitor.records import F64

UNREADABLE_PACKETS = 4096
"""So often may reading fail before the rest is given up; at the end of the file these attempts cost nothing."""
PROBED_PACKETS = 128
REORDERED_PACKETS = 16
UNLIKE = 0.1
"""A claimed rate that differs by this share from the usual distance of pictures is a mean over long-shown ones."""
ROUNDED_PICTURES = 2
"""Containers that claim a length instead of a count are this far off by rounding."""


class Packets:
    """The packets of the video track of the recording at ``path``; nothing is read before it is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def nominal_fps(self, claimed: float | None) -> float | None:
        """The claimed rate, or the usual one of the first pictures where the claim is only a mean."""
        _, times = self._read(PROBED_PACKETS)
        steps = np.diff(times[:-REORDERED_PACKETS] if len(times) == PROBED_PACKETS else times)
        steps = steps[steps > 0]
        if len(steps) < 3:
            return claimed
        usual_s = float(np.median(steps))
        return round(1 / usual_s, 3) if claimed is None or abs(usual_s * claimed - 1) > UNLIKE else claimed

    def lasts(self, since_s: float, until_s: float) -> bool:
        """Whether the picture of ``since_s`` is meant to be shown until ``until_s``.

        So it is when the container holds as many pictures as it claims, and none between the two.
        """
        claimed, times = self._all
        if claimed <= 0 or len(times) + ROUNDED_PICTURES < claimed:
            return False
        margin_s = 0.01
        return not bool(np.any((times > since_s + margin_s) & (times < until_s - margin_s)))

    @cached_property
    def _all(self) -> tuple[float, F64]:
        return self._read(None)

    def _read(self, most: int | None) -> tuple[float, F64]:
        """Claimed number of pictures (0: unknown) and up to ``most`` presentation times in s, ascending."""
        silence_ffmpeg()
        # An absolute path is never taken for a protocol ("a:b.mp4"); format -1 gives packets as they are.
        capture = cv2.VideoCapture(str(self._path.absolute()), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
        times: list[float] = []
        failures = 0
        try:
            while capture.isOpened() and failures < UNREADABLE_PACKETS and (most is None or len(times) < most):
                if capture.grab():
                    times.append(float(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000)
                else:
                    failures += 1
            claimed = float(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0.0
        finally:
            capture.release()
        return claimed, np.sort(np.array(times, dtype=np.float64))


def silence_ffmpeg() -> None:
    """What FFmpeg says about damaged data reaches the user as Gap or InputError, not as noise on stderr."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    if "OPENCV_LOG_LEVEL" not in os.environ:
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
