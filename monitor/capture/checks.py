"""Whether a camera's pictures can be right: frozen, black, covered, torn, of another size. Pure; time is an argument.

Black and covered are judged on cells of the picture's middle, without its top and bottom eighth, where cameras write
their clock: means of cells know neither sensor noise nor small lights. Frozen means bit by bit the same; no sensor
gives that, however still the sleeper. A part that stands still alone while the rest moves is torn, but only after
four times as long: encoders repeat a quiet wall bit by bit until their next key picture.
"""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from monitor.alerts.topics import Topic
from monitor.capture.messages import Size
from monitor.capture.torn import looks_torn
from monitor.records import U8
from monitor.ward.sources import CaptureSettings

EVERY_S = 0.2
SAMPLED_ROWS = 90
"""About so many rows are looked at; only what must not differ by a bit is summed up whole."""
CELLS = (48, 20)
_DARK, _BRIGHT = 20.0, 240.0
BANDS = 8
"""Two neighbours of these that stand still together are a stuck part."""
STUCK_BAND_TIMES = 4.0
HOLD_S = 2.0
"""Black, covered and another size must hold for so long to be told, and be gone for so long to be over."""
MARGIN = 1.25
"""What was black or covered stays so until it is brighter or livelier by this factor."""
TORN_WINDOW_S = 5.0
TORN_FROM, TORN_UNTIL, TORN_LEAST = 0.2, 0.05, 3
"""Shares of torn and undecodable pictures in the window: from here on told, until here over; and how many at least."""
USUAL_AFTER_S = 5.0
"""A size that held for so long is the camera's usual one."""


@dataclass(slots=True)
class _Steady:
    """A state that follows ``raw`` only after it held for ``HOLD_S``."""

    state: bool = False
    since_s: float | None = None

    def step(self, raw: bool, now_s: float) -> bool:
        if raw == self.state:
            self.since_s = None
        elif self.since_s is None:
            self.since_s = now_s
        elif now_s - self.since_s >= HOLD_S:
            self.state, self.since_s = raw, None
        return self.state


class PictureChecks:
    """Looks at every picture of one camera. ``asked``: the size that was asked for or held before, if any."""

    def __init__(self, settings: CaptureSettings, asked: Size | None = None) -> None:
        self.settings = settings
        self.usual_size = asked
        self.size: Size | None = None
        self._size_since_s = 0.0
        self._looked_s: float | None = None
        self._black, self._covered, self._other_size = _Steady(), _Steady(), _Steady()
        self._whole: tuple[int, float] | None = None
        self._bands: list[tuple[int, float]] = []
        self._frozen = self._stuck = self._torn = False
        self._recent: deque[tuple[float, bool]] = deque()

    def step(self, pixels: U8, now_s: float) -> bool:
        """Take in a picture (H, W, 3) BGR; False when it is torn and must not be judged."""
        torn = looks_torn(pixels)
        self._count(torn, now_s)
        if not torn and (self._looked_s is None or now_s - self._looked_s >= EVERY_S):
            self._looked_s = now_s
            self._look(pixels, now_s)
        return not torn

    def damaged(self, now_s: float) -> None:
        """Take note of a picture that could not be decoded."""
        self._count(True, now_s)

    def faults(self) -> tuple[Topic, ...]:
        """What is wrong with the pictures; of black, covered and frozen only the first, which explains the others."""
        found = [
            (Topic.PICTURE_BLACK, self._black.state),
            (Topic.PICTURE_COVERED, self._covered.state),
            (Topic.PICTURE_FROZEN, self._frozen),
        ]
        first = [topic for topic, holds in found if holds][:1]
        if self._torn or (self._stuck and not first):
            first.append(Topic.PICTURE_TORN)
        if self._other_size.state:
            first.append(Topic.PICTURE_SIZE)
        return tuple(first)

    def _look(self, pixels: U8, now_s: float) -> None:
        self._compare_size((pixels.shape[1], pixels.shape[0]), now_s)
        stride = max(1, pixels.shape[0] // SAMPLED_ROWS)
        sampled = np.ascontiguousarray(pixels[::stride, ::stride])
        eighth = len(sampled) // 8
        middle = cv2.cvtColor(sampled[eighth : len(sampled) - eighth], cv2.COLOR_BGR2GRAY)
        brightness, contrast = _mean_and_deviation(cv2.resize(middle, CELLS, interpolation=cv2.INTER_AREA))
        black_below = self.settings.black_below * (MARGIN if self._black.state else 1.0)
        contrast_below = self.settings.covered_contrast * (MARGIN if self._covered.state else 1.0)
        black = self._black.step(brightness < black_below, now_s)
        self._covered.step(not black and brightness >= black_below and contrast < contrast_below, now_s)
        self._compare_bits(pixels, sampled, now_s)

    def _compare_size(self, size: Size, now_s: float) -> None:
        if size != self.size:
            self.size, self._size_since_s = size, now_s
        if self.usual_size is None and now_s - self._size_since_s >= USUAL_AFTER_S:
            self.usual_size = size
        self._other_size.step(self.usual_size not in (None, size), now_s)

    def _compare_bits(self, pixels: U8, sampled: U8, now_s: float) -> None:
        whole = zlib.crc32(np.ascontiguousarray(pixels).data)
        if self._whole is None or self._whole[0] != whole:
            self._whole = (whole, now_s)
        self._frozen = now_s - self._whole[1] >= self.settings.frozen_after_s
        bands = np.array_split(sampled, BANDS)
        sums = [zlib.crc32(np.ascontiguousarray(band).data) for band in bands]
        before = self._bands or [(0, 0.0)] * BANDS
        self._bands = [
            kept if kept[0] == found and _alive(band) else (found, now_s)
            for kept, found, band in zip(before, sums, bands, strict=True)
        ]
        still_s = [now_s - since_s for _, since_s in self._bands]
        stuck_after_s = STUCK_BAND_TIMES * self.settings.frozen_after_s
        stuck = any(min(pair) >= stuck_after_s for pair in pairwise(still_s))
        self._stuck = stuck and min(still_s) < self.settings.frozen_after_s

    def _count(self, bad: bool, now_s: float) -> None:
        self._recent.append((now_s, bad))
        while now_s - self._recent[0][0] > TORN_WINDOW_S:
            self._recent.popleft()
        bads = sum(bad for _, bad in self._recent)
        share = bads / len(self._recent)
        self._torn = share > TORN_UNTIL if self._torn else bads >= TORN_LEAST and share >= TORN_FROM


def _alive(band: U8) -> bool:
    """Whether a part has something to show; what is black or blown out may well stand still."""
    mean, deviation = _mean_and_deviation(cv2.cvtColor(band, cv2.COLOR_BGR2GRAY)) if band.size else (0.0, 0.0)
    return deviation >= 2.0 and _DARK < mean < _BRIGHT


def _mean_and_deviation(grey: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(grey)
    return float(mean[0, 0]), float(deviation[0, 0])
