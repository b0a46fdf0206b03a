"""Looks for faces nobody follows: the whole frame, the search zones and squares small enough for small faces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from monitor.face.geometry import Box, Window, around, same_face, search_windows
from monitor.face.landmarks import Landmarker, Mesh
from monitor.face.orientation import set_upright
from monitor.face.settings import FaceSettings
from monitor.records import U8

_MOST_A_WINDOW = 8
_LOST_PERIOD_S = 0.2
_SURE = 0.6
"""Confidence a search asks for: at 0.5 lettering passes for a face now and then, at 0.6 no longer."""


class Scout:
    """Searches a share of the windows per picture, so that the whole frame has been seen in ``search_cycle_s``."""

    def __init__(self, asset: Path, settings: FaceSettings) -> None:
        self.landmarker = Landmarker(asset, video=False, max_faces=_MOST_A_WINDOW, confidence=_SURE)
        self._settings = settings
        self._shape: tuple[int, int] = (0, 0)
        self._windows: list[Window] = []
        self._next = 0
        self._last_s: float | None = None
        self._last_lost_s = -math.inf
        self._whole_next = False

    def search(
        self, pixels: U8, captured_s: float, *, busy: bool, known: Sequence[Box], lost: Sequence[Box]
    ) -> list[Mesh]:
        """New faces in this picture, those in ``known`` boxes left out.

        ``busy``: the resident is being followed, so one window every ``scout_period_s`` is enough, every other
        time the whole frame: those who come to the bed are large. Where faces that were ``lost`` a moment ago
        should be is looked at more often.
        """
        self._lay_out(pixels)
        windows: list[Window] = []
        if lost and captured_s - self._last_lost_s >= _LOST_PERIOD_S:
            self._last_lost_s = captured_s
            windows += [around(box, *self._shape) for box in lost]
        due = self._due(captured_s, busy)
        if busy and due:
            self._whole_next = not self._whole_next
            windows += [Window(0, 0, *self._shape)] if self._whole_next else self._take(1)
        else:
            windows += self._take(due)
        return self._look(pixels, windows, known)

    def search_all(self, pixels: U8) -> list[Mesh]:
        """Every face in a picture that stands alone."""
        self._lay_out(pixels)
        return self._look(pixels, self._windows, ())

    def close(self) -> None:
        """Give the landmarker back."""
        self.landmarker.close()

    def _lay_out(self, pixels: U8) -> None:
        shape = (pixels.shape[1], pixels.shape[0])
        if shape != self._shape:
            zones = self._settings.search_zones
            if self._settings.zone is not None:
                zones = (self._settings.zone, *zones)
            self._shape, self._next, self._last_s = shape, 0, None
            self._windows = search_windows(*shape, self._settings.min_face_px, zones)

    def _due(self, captured_s: float, busy: bool) -> int:
        count = len(self._windows)
        if self._last_s is None:
            self._last_s = captured_s
            return count
        passed_s = max(captured_s - self._last_s, 0.0)
        if busy and passed_s < self._settings.scout_period_s:
            return 0
        self._last_s = captured_s
        return 1 if busy else min(count, max(1, math.ceil(count * passed_s / self._settings.search_cycle_s)))

    def _take(self, count: int) -> list[Window]:
        taken = [self._windows[(self._next + i) % len(self._windows)] for i in range(count)]
        self._next = (self._next + count) % len(self._windows)
        return taken

    def _look(self, pixels: U8, windows: Sequence[Window], known: Sequence[Box]) -> list[Mesh]:
        found: list[Mesh] = []
        for window in windows:
            for seen in self.landmarker.detect(pixels, window):
                if any(same_face(seen.box, box) for box in (*known, *(other.box for other in found))):
                    continue
                mesh = self._again(pixels, seen)
                if mesh and not any(same_face(mesh.box, box) for box in (*known, *(other.box for other in found))):
                    found.append(mesh)
        return found

    def _again(self, pixels: U8, mesh: Mesh) -> Mesh | None:
        """The face in a window of its own: confirmed, whole where the search window cut it, and set upright."""
        window = around(mesh.box, pixels.shape[1], pixels.shape[0])
        centred = [m for m in self.landmarker.detect(pixels, window) if _close(m.box, mesh.box)]
        return set_upright(self.landmarker, pixels, centred[0]) if centred else None


def _close(one: Box, other: Box) -> bool:
    reach = max(one[2], one[3], other[2], other[3])
    return (
        math.hypot(one[0] + one[2] / 2 - other[0] - other[2] / 2, one[1] + one[3] / 2 - other[1] - other[3] / 2) < reach
    )
