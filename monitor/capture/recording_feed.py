"""A recording or folder of pictures played at its own pace, as if it were a camera."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from monitor.capture.feed import Arrival, FeedEnded
from monitor.capture.pace import Pace
from monitor.clock import now_at, now_s
from monitor.errors import InputError
from monitor.records import Frame, Gap, GapCause
from monitor.sources.opening import open_source
from monitor.sources.source import Source
from monitor.ward.sources import RecordingSource

LATE_S = 0.5
"""Pictures that are decoded later than this are left out until the recording has caught up."""
LOST_S = 2.0
"""Where it cannot catch up (the machine slept, or is too slow), it goes on from where it is."""


class RecordingFeed:
    """``repeat`` may be changed while it plays."""

    def __init__(self, source: RecordingSource, pace: Pace, stop: threading.Event) -> None:
        self.pace = pace
        self.repeat = source.repeat
        self._path = source.path
        self._stop = stop
        self._open: Source | None = None
        self._frames: Iterator[Frame | Gap] = iter(())
        self._pending: Frame | Gap | None = None
        self._begun_s = 0.0
        self._rounds = 0
        self._begin()

    @property
    def decoder(self) -> str:
        """Who decodes."""
        return "recording" if self._open is None else f"recording, {self._open.info.backend}"

    def next(self, wait_s: float) -> Arrival | None:
        """See ``Feed``."""
        if self._pending is None and not self._advance():
            return None
        record = self._pending
        assert record is not None
        early_s = self._begun_s + record.captured_s - now_s()
        if early_s > wait_s:
            self._stop.wait(wait_s)
            return None
        if early_s > 0:
            self._stop.wait(early_s)
        self._pending = None
        arrived_s, arrived_at = now_s(), now_at()
        if isinstance(record, Gap):
            lost = record.cause is GapCause.DECODE_ERROR
            return Arrival(captured_s=arrived_s, captured_at=arrived_at, pixels=None) if lost else None
        if not self.pace.due(arrived_s):
            return None
        if early_s < -LOST_S:
            self._begun_s -= early_s
        elif early_s < -LATE_S:
            self.pace.drop("late")
            return None
        return Arrival(captured_s=arrived_s, captured_at=arrived_at, pixels=record.pixels)

    def close(self) -> None:
        """Free the decoder."""
        if self._open is not None:
            self._open.close()

    def _advance(self) -> bool:
        self._pending = next(self._frames, None)
        if self._pending is None:
            self.close()
            if not self.repeat:
                raise FeedEnded("the recording has come to its end", final=True)
            self._begin()
        return self._pending is not None

    def _begin(self) -> None:
        try:
            self._open = open_source(self._path)
        except InputError as error:
            raise FeedEnded(str(error)) from error
        self._frames = self._open.frames()
        period_s = 1 / self._open.info.fps if self._open.info.fps else 0.04
        self._begun_s = now_s() + (period_s if self._rounds else 0.0)
        self._rounds += 1
