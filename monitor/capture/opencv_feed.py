"""Cameras by OpenCV, where GStreamer is not installed: RTSP by its FFmpeg, V4L2 by itself."""

from __future__ import annotations

import os
from urllib.parse import quote, urlsplit, urlunsplit

import cv2
import numpy as np

from monitor.capture.feed import Arrival, FeedEnded
from monitor.capture.pace import Pace
from monitor.clock import now_at, now_s
from monitor.sources.packets import silence_ffmpeg
from monitor.ward.sources import RtspSource, V4l2Source

TIMEOUT_MS = 8000
"""FFmpeg's own limit for opening and reading; who watches the process has another."""
_FOURCC = {"mjpeg": "MJPG", "yuyv": "YUYV", "h264": "H264"}
_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_MOST_FAILURES = 3


class OpenCvFeed:
    """An open capture. FeedEnded when it cannot be opened; OpenCV does not say why."""

    def __init__(self, source: RtspSource | V4l2Source, pace: Pace, password: str | None) -> None:
        silence_ffmpeg()
        self.pace = pace
        self._failures = 0
        if isinstance(source, RtspSource):
            self._capture = _open_rtsp(source, password)
        else:
            self._capture = _open_v4l2(source)
        if not self._capture.isOpened():
            self._capture.release()
            raise FeedEnded("OpenCV cannot open the camera (not reachable, refused, or in use by another program)")

    @property
    def decoder(self) -> str:
        """OpenCV's backend."""
        return f"opencv, {self._capture.getBackendName().lower()}"

    def next(self, wait_s: float) -> Arrival | None:
        """See ``Feed``; waits for the camera as long as OpenCV does."""
        if not self._capture.grab():
            self._failures += 1
            if self._failures >= _MOST_FAILURES:
                raise FeedEnded("the camera has broken off")
            return None
        self._failures = 0
        at_s, at = now_s(), now_at()
        if not self.pace.due(at_s):
            return None
        decoded, pixels = self._capture.retrieve()
        sound = decoded and pixels is not None and pixels.ndim == 3 and pixels.shape[2] == 3
        return Arrival(captured_s=at_s, captured_at=at, pixels=np.asarray(pixels, np.uint8) if sound else None)

    def close(self) -> None:
        """Free the capture."""
        self._capture.release()


def address_with_password(source: RtspSource, password: str | None) -> str:
    """For FFmpeg, which takes user and password from the address alone; it stays inside this process."""
    if source.username is None:
        return source.url
    parts = urlsplit(source.url)
    user = quote(source.username, safe="")
    login = user if password is None else f"{user}:{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))


def ffmpeg_options(source: RtspSource) -> str:
    """OpenCV's notation: name;value|name;value."""
    options = {"rtsp_transport": source.transport, "allowed_media_types": "video"}
    options["max_delay"] = str(round(source.latency_s * 1e6))
    if urlsplit(source.url).scheme == "rtsps":
        options["tls_verify"] = str(int(source.tls_verify))
        if source.tls_ca_file is not None:
            options["ca_file"] = str(source.tls_ca_file)
    return "|".join(f"{name};{value}" for name, value in options.items())


def _open_rtsp(source: RtspSource, password: str | None) -> cv2.VideoCapture:
    os.environ[_OPTIONS] = ffmpeg_options(source)
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, TIMEOUT_MS]
    return cv2.VideoCapture(address_with_password(source, password), cv2.CAP_FFMPEG, limits)


def _open_v4l2(source: V4l2Source) -> cv2.VideoCapture:
    wanted = [cv2.CAP_PROP_FRAME_WIDTH, source.width_px, cv2.CAP_PROP_FRAME_HEIGHT, source.height_px]
    if source.pixel_format in _FOURCC:
        letters = _FOURCC[source.pixel_format]
        wanted = [cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*letters), *wanted]
    return cv2.VideoCapture(str(source.device), cv2.CAP_V4L2, wanted)
