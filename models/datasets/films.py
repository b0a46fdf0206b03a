"""Frames of films, decoded one by one when they are asked for (OpenCV), forwards where rows come in order.

Seeking is left to decoding from the start: the positions that containers report are not exact. One film is open at a
time and process, so going through the rows of a set in order decodes every frame once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.datasets.layout import whole
from models.errors import DataInvalid, DataMissing


def frame_count(film: Path) -> int:
    """Frames as the film's header says; DataMissing or DataInvalid name a film that is absent, cut off or no film."""
    capture = cv2.VideoCapture(str(whole(film)))
    try:
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    finally:
        capture.release()
    if count <= 0:
        raise DataInvalid(f"{film}: not a film that can be decoded")
    return count


@dataclass(frozen=True, slots=True, eq=False)
class FilmFrames:
    """Row → frame ``frames[row]`` (from 0) of ``films[film[row]]`` below ``root``."""

    root: Path
    films: tuple[str, ...]
    film: NDArray[np.int64]
    frames: NDArray[np.int64]

    def __call__(self, row: int) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 BGR; DataMissing or DataInvalid name the film."""
        path = self.root / self.films[int(self.film[row])]
        try:
            stat = path.stat()
        except FileNotFoundError:
            raise DataMissing(f"{path}: not found") from None
        return _film(path, stat.st_mtime_ns, stat.st_size).frame(int(self.frames[row]))


@lru_cache(maxsize=1)
def _film(path: Path, changed_ns: int, size: int) -> _Film:
    return _Film(path)


class _Film:
    """An open film and the number of the frame that comes next."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.capture: Any = cv2.VideoCapture(str(whole(path)))
        self.coming = 0

    def frame(self, number: int) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 BGR of frame ``number`` (from 0)."""
        if number < self.coming:
            self.capture.release()
            self.capture = cv2.VideoCapture(str(self.path))
            self.coming = 0
        while self.coming < number:
            if not self.capture.grab():
                raise self.ended(number)
            self.coming += 1
        read, pixels = self.capture.read()
        if not read:
            raise self.ended(number)
        self.coming += 1
        return np.asarray(pixels, np.uint8)

    def ended(self, number: int) -> DataInvalid:
        """What to say when a frame that the header promised is not there."""
        return DataInvalid(f"{self.path}: frame {number} cannot be decoded, the film ends at {self.coming}")
