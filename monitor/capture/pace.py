"""Lets no more than so many pictures a second through, and counts what is dropped, by cause."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping

_BURST = 2.0
"""Pictures that may follow each other at once: cameras are not punctual."""


class Pace:
    """A bucket that fills with ``max_fps`` a second. Decoders ask it from threads of their own."""

    def __init__(self, max_fps: float) -> None:
        self._max_fps = max_fps
        self._credit = _BURST
        self._asked_s: float | None = None
        self._dropped: Counter[str] = Counter()
        self._arrived = 0
        self._last_s: float | None = None
        self._lock = threading.Lock()

    def due(self, now_s: float) -> bool:
        """Whether the picture that arrived just now is wanted; one that is not is counted."""
        with self._lock:
            self._arrived += 1
            self._last_s = now_s
            elapsed_s = 0.0 if self._asked_s is None else max(0.0, now_s - self._asked_s)
            self._asked_s = now_s
            self._credit = min(_BURST, self._credit + elapsed_s * self._max_fps)
            if self._credit < 1.0:
                self._dropped["max_fps"] += 1
                return False
            self._credit -= 1.0
            return True

    def damaged(self, now_s: float) -> None:
        """A picture arrived that cannot be decoded."""
        with self._lock:
            self._arrived += 1
            self._last_s = now_s
            self._dropped["damaged"] += 1

    def late(self, now_s: float) -> None:
        """A picture arrived for which this machine was too slow."""
        with self._lock:
            self._arrived += 1
            self._last_s = now_s
            self._dropped["late"] += 1

    def drop(self, cause: str, count: int = 1) -> None:
        """Count pictures that were lost for another cause."""
        if count > 0:
            with self._lock:
                self._dropped[cause] += count

    def change(self, max_fps: float) -> None:
        """From now on so many a second."""
        with self._lock:
            self._max_fps = max_fps

    @property
    def max_fps(self) -> float:
        """Most pictures a second."""
        return self._max_fps

    @property
    def arrived(self) -> tuple[int, float | None]:
        """How many pictures arrived, and when the newest did."""
        with self._lock:
            return self._arrived, self._last_s

    @property
    def dropped(self) -> Mapping[str, int]:
        """Pictures dropped, by cause."""
        with self._lock:
            return dict(self._dropped)
