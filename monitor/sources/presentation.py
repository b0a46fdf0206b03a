"""Turns decoded pictures with their presentation times into Frame and Gap records; the same for every decoder. Pure.

A hole in the presentation times is told apart by what the decoder said and what the container holds. After a failure
it is DECODE_ERROR. Without one, where the container has no picture to show there, the one before stands on, as in any
player, and is handed on again and again (``Frame.held``) for at most ``hold_s``: a still that is older says nothing of
the person any more. All else is STALLED. A recording that ends well before the length its container claims is
TRUNCATED, unless its last picture is meant to be shown that long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import cv2
import numpy as np

from monitor.records import U8, Frame, Gap, GapCause
from monitor.sources.source import SourceSettings

USUAL_PERIOD_S = 1 / 25
MOST_GAPS_PER_HOLE = 600
FAILURE_HOLDS_S = 1.0
"""A decoder's complaint explains a hole that follows within this time: pictures decoded before it may be queued."""
TRUNCATED_AFTER_S = 1.0
HELD_EVERY_S = 0.2
"""How often a picture that stands is handed on: often enough for every judgement over seconds."""
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def turned(pixels: U8, rotate_deg: int) -> U8:
    """(H, W, 3) turned clockwise by 0, 90, 180 or 270 degrees."""
    if rotate_deg == 0:
        return pixels
    return np.asarray(cv2.rotate(pixels, _TURNS[rotate_deg]), dtype=np.uint8)


def _never(_since_s: float, _until_s: float) -> bool:
    return False


class Presentation:
    """Numbers and dates what one decoder delivers.

    ``fps`` is the nominal rate or None. ``lasts(since_s, until_s)`` says whether the container means the picture of
    ``since_s`` to be shown until ``until_s``.
    """

    def __init__(
        self,
        source_id: str,
        started_at: datetime,
        fps: float | None,
        settings: SourceSettings,
        lasts: Callable[[float, float], bool] = _never,
    ) -> None:
        self._source_id = source_id
        self._started_at = started_at
        self._settings = settings
        self._period_s = 1 / fps if fps else USUAL_PERIOD_S
        self._next_id = 0
        self._lasts = lasts
        self._last_s: float | None = None
        self._pixels: U8 | None = None
        self._failure: str | None = None
        self._failed_s = 0.0

    def picture(self, pixels: U8, presented_s: float) -> Iterator[Frame | Gap]:
        """A decoded picture, preceded by Gaps where pictures before it are missing."""
        last_s = self._last_s
        now_s = presented_s
        if last_s is not None:
            if now_s <= last_s:  # a container without (or with wrong) times
                now_s = last_s + self._period_s
            yield from self._hole(last_s, now_s)
        if now_s - self._failed_s > FAILURE_HOLDS_S:
            self._failure = None
        self._last_s = now_s
        self._pixels = turned(pixels, self._settings.rotate_deg)
        yield self._frame(now_s, self._pixels)

    def failed(self, detail: str) -> None:
        """The decoder could not make a picture of what it read; the next picture shows how long the hole is."""
        self._failure = detail
        self._failed_s = self._last_s or 0.0

    def end(self, duration_s: float | None) -> Iterator[Frame | Gap]:
        """The decoder has come to its end; the last picture stands, or a Gap follows, when the container has more."""
        if self._last_s is None or duration_s is None:
            return
        missing_s = duration_s - (self._last_s + self._period_s)
        if missing_s <= max(TRUNCATED_AFTER_S, 3 * self._period_s):
            return
        if self._failure is None and self._lasts(self._last_s, duration_s):
            yield from self._stand(self._last_s, duration_s)
        else:
            detail = f"ends at {self._last_s:.2f} s of {duration_s:.2f} s"
            yield self._gap(self._last_s + self._period_s, GapCause.TRUNCATED, detail)

    def _hole(self, last_s: float, now_s: float) -> Iterator[Frame | Gap]:
        length_s = now_s - last_s
        if self._failure is not None:
            step_s, cause, detail = self._period_s, GapCause.DECODE_ERROR, self._failure
            wide = length_s > 1.5 * self._period_s
            self._failure = None if wide else self._failure
        else:
            step_s = max(self._settings.gap_after_s, 3 * self._period_s)
            cause, detail = GapCause.STALLED, f"no picture for {length_s:.2f} s"
            wide = length_s > step_s
        if not wide:
            return
        if cause is GapCause.STALLED and self._lasts(last_s, now_s):
            yield from self._stand(last_s, now_s)
            last_s = min(last_s + self._settings.hold_s, now_s)
        step_s = max(step_s, length_s / MOST_GAPS_PER_HOLE)
        at_s = last_s + step_s
        while at_s < now_s - self._period_s / 2:
            yield self._gap(at_s, cause, detail)
            at_s += step_s

    def _stand(self, since_s: float, until_s: float) -> Iterator[Frame]:
        """The picture of ``since_s`` again and again until ``until_s``, for at most ``hold_s``."""
        until_s = min(until_s, since_s + self._settings.hold_s)
        step_s = max(HELD_EVERY_S, self._period_s)
        at_s = since_s + step_s
        while self._pixels is not None and at_s < until_s - self._period_s / 2:
            yield self._frame(at_s, self._pixels, held=True)
            at_s += step_s

    def _frame(self, at_s: float, pixels: U8, *, held: bool = False) -> Frame:
        return Frame(
            frame_id=self._number(),
            source_id=self._source_id,
            captured_s=at_s,
            captured_at=self._at(at_s),
            pixels=pixels,
            held=held,
        )

    def _gap(self, at_s: float, cause: GapCause, detail: str) -> Gap:
        return Gap(
            frame_id=self._number(),
            source_id=self._source_id,
            captured_s=at_s,
            captured_at=self._at(at_s),
            cause=cause,
            detail=detail,
        )

    def _number(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def _at(self, captured_s: float) -> datetime:
        return self._started_at + timedelta(seconds=captured_s)
