"""One landmarker that follows one face in a window that moves only when the face comes near its edge."""

from __future__ import annotations

from pathlib import Path

from monitor.face.geometry import Box, Window, around
from monitor.face.landmarks import Landmarker, Mesh
from monitor.records import U8


class Follower:
    """Follows the face of ``track_id``; None while it is free. ``lost_s`` is since when the face is not found."""

    def __init__(self, asset: Path) -> None:
        self._landmarker = Landmarker(asset, video=True)
        self._window: Window | None = None
        self.track_id: int | None = None
        self.lost_s: float | None = None

    def start(self, track_id: int, box: Box, pixels: U8) -> None:
        """Follow another face, seen in ``box``, from the next picture on."""
        self._landmarker.forget()
        self.track_id = track_id
        self.lost_s = None
        self._window = around(box, pixels.shape[1], pixels.shape[0])

    def free(self) -> None:
        """Follow nobody."""
        self.track_id = None
        self.lost_s = None
        self._window = None

    def follow(self, pixels: U8, expected: Box, captured_s: float) -> Mesh | None:
        """The face in this picture; ``expected`` is where its track should be."""
        height, width = pixels.shape[:2]
        if self._window is None or not self._fits(width, height) or not self._window.holds(expected, width, height):
            self._landmarker.forget()
            self._window = around(expected, width, height)
        found = self._landmarker.detect(pixels, self._window, captured_s)
        if found:
            self.lost_s = None
            return found[0]
        if self.lost_s is None:
            self.lost_s = captured_s
        return None

    def close(self) -> None:
        """Give the landmarker back."""
        self._landmarker.close()

    def _fits(self, width: int, height: int) -> bool:
        window = self._window
        return window is not None and window.x + window.w <= width and window.y + window.h <= height
