"""What the capture process does once it knows its source: picture after picture into the ring, and reports."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable

from monitor.capture.checks import PictureChecks
from monitor.capture.feed import Arrival, Feed, FeedEnded
from monitor.capture.fitting import fitted
from monitor.capture.messages import Change, Open, Report, Size
from monitor.capture.opening import opener
from monitor.capture.ring import RingWriter
from monitor.clock import now_s
from monitor.errors import ServiceUnavailable
from monitor.ward.sources import V4l2Source

REPORT_EVERY_S = 0.5
WAIT_S = 0.1
FPS_OVER_S = 3.0
KEY_WITHIN_S = 5.0
"""Before the first key picture nothing can be decoded; so long that is no fault."""


class Session:
    """``tell`` hands a report over without waiting; ``changes`` holds what the watcher sent."""

    def __init__(
        self,
        opening: Open,
        ring: RingWriter,
        tell: Callable[[Report], None],
        changes: queue.SimpleQueue[Change],
        stop: threading.Event,
    ) -> None:
        self._opening = opening
        self._ring = ring
        self._tell = tell
        self._changes = changes
        self._stop = stop
        self._checks = PictureChecks(opening.capture, _asked(opening))
        self._feed: Feed | None = None
        self._begun_s = now_s()
        self._written: deque[float] = deque()
        self._told_s = float("-inf")
        self._told: object = None

    def run(self) -> None:
        """Capture until ``stop``; FeedEnded when the source gives nothing more."""
        source, password = self._opening.source, self._opening.password
        open_it = opener(source, password, self._stop)
        self._begun_s = now_s()
        self._report(self._begun_s)
        self._feed = open_it()
        try:
            self._follow(self._feed)
        except ServiceUnavailable as error:
            self._feed.close()
            if getattr(source, "backend", "") != "auto":
                raise FeedEnded(str(error)) from error
            self._feed = opener(source, password, self._stop, without_gstreamer=True)()
            self._follow(self._feed)
        finally:
            self._report(now_s())
            self._feed.close()

    def _follow(self, feed: Feed) -> None:
        while not self._stop.is_set():
            self._apply_changes(feed)
            arrival = feed.next(WAIT_S)
            if arrival is not None:
                self._take(arrival, feed)
            at_s = now_s()
            if at_s - self._told_s >= REPORT_EVERY_S or self._news() != self._told:
                self._report(at_s)

    def _take(self, arrival: Arrival, feed: Feed) -> None:
        if arrival.pixels is None:
            feed.pace.damaged(arrival.captured_s)
            if arrival.captured_s - self._begun_s > KEY_WITHIN_S:
                self._checks.damaged(arrival.captured_s)
        elif not self._checks.step(arrival.pixels, arrival.captured_s):
            feed.pace.drop("torn")
        else:
            self._ring.write(fitted(arrival.pixels), arrival.captured_s, arrival.captured_at)
            self._written.append(arrival.captured_s)

    def _apply_changes(self, feed: Feed) -> None:
        while not self._changes.empty():
            change = self._changes.get()
            if change.max_fps is not None:
                feed.pace.change(change.max_fps)
            if change.repeat is not None and hasattr(feed, "repeat"):
                feed.repeat = change.repeat
            if change.capture is not None:
                self._checks.settings = change.capture

    def _report(self, at_s: float) -> None:
        feed, checks = self._feed, self._checks
        arrived, last_s = feed.pace.arrived if feed is not None else (0, None)
        self._told_s, self._told = at_s, self._news()
        self._tell(
            Report(
                arrived=arrived,
                last_s=last_s,
                fps=self._fps(at_s),
                dropped=dict(feed.pace.dropped) if feed is not None else {},
                faults=checks.faults(),
                size=checks.size,
                usual_size=checks.usual_size,
                decoder=feed.decoder if feed is not None else "",
            )
        )

    def _news(self) -> tuple[object, ...]:
        """What is reported as soon as it changes."""
        return self._checks.faults(), self._checks.size

    def _fps(self, at_s: float) -> float:
        """Pictures a second over the last seconds."""
        while self._written and at_s - self._written[0] > FPS_OVER_S:
            self._written.popleft()
        span_s = max(1.0, at_s - self._written[0]) if self._written else 1.0
        return round(len(self._written) / span_s, 2)


def _asked(opening: Open) -> Size | None:
    source = opening.source
    return (source.width_px, source.height_px) if isinstance(source, V4l2Source) else opening.size
