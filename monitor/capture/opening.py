"""Opens a configured source with the backend that fits."""

from __future__ import annotations

import threading
from collections.abc import Callable

from monitor.capture.feed import Feed, FeedEnded
from monitor.capture.pace import Pace
from monitor.errors import ServiceUnavailable
from monitor.ward.sources import MjpegSource, RecordingSource, SourceSettings


def opener(
    source: SourceSettings, password: str | None, stop: threading.Event, *, without_gstreamer: bool = False
) -> Callable[[], Feed]:
    """What opens the source: libraries are loaded here, so that opening itself is the camera's time alone.

    FeedEnded, in one line, when the backend asked for is missing; calling raises it when the source cannot be opened.
    ``auto`` takes GStreamer where it is installed with what the source needs, else OpenCV; ``without_gstreamer``
    says that it was tried and lacks a decoder.
    """
    pace = Pace(source.max_fps)
    if isinstance(source, RecordingSource):
        from monitor.capture.recording_feed import RecordingFeed

        return lambda: RecordingFeed(source, pace, stop)
    if isinstance(source, MjpegSource):
        from monitor.capture.mjpeg_feed import MjpegFeed

        return lambda: MjpegFeed(source, pace, password)
    if source.backend != "opencv" and not without_gstreamer:
        from monitor.capture.gstreamer_feed import GStreamerFeed
        from monitor.capture.pipeline import gstreamer_for

        try:
            gst = gstreamer_for(source)
        except ServiceUnavailable as error:
            if source.backend == "gstreamer":
                raise FeedEnded(str(error)) from error
        else:
            return lambda: GStreamerFeed(gst, source, pace, password)
    from monitor.capture.opencv_feed import OpenCvFeed

    return lambda: OpenCvFeed(source, pace, password)


def open_feed(source: SourceSettings, password: str | None, stop: threading.Event) -> Feed:
    """The open source; see ``opener``."""
    return opener(source, password, stop)()
