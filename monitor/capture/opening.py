"""Opens a configured source with the backend that fits."""

from __future__ import annotations

import threading

from monitor.capture.feed import Feed, FeedEnded
from monitor.capture.pace import Pace
from monitor.errors import ServiceUnavailable
from monitor.ward.sources import MjpegSource, RecordingSource, SourceSettings


def open_feed(
    source: SourceSettings, password: str | None, stop: threading.Event, *, without_gstreamer: bool = False
) -> Feed:
    """The open source. FeedEnded, in one line, when it cannot be opened.

    ``auto`` takes GStreamer where it is installed with what the source needs, else OpenCV; ``without_gstreamer``
    says that it was tried and lacks a decoder.
    """
    pace = Pace(source.max_fps)
    if isinstance(source, RecordingSource):
        from monitor.capture.recording_feed import RecordingFeed

        return RecordingFeed(source, pace, stop)
    if isinstance(source, MjpegSource):
        from monitor.capture.mjpeg_feed import MjpegFeed

        return MjpegFeed(source, pace, password)
    if source.backend != "opencv" and not without_gstreamer:
        from monitor.capture.gstreamer_feed import GStreamerFeed

        try:
            return GStreamerFeed(source, pace, password)
        except ServiceUnavailable as error:
            if source.backend == "gstreamer":
                raise FeedEnded(str(error)) from error
    from monitor.capture.opencv_feed import OpenCvFeed

    return OpenCvFeed(source, pace, password)
