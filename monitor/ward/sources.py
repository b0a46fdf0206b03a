"""Where pictures come from: a USB camera, RTSP, MJPEG over HTTP, or a recording played as if live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from monitor.ward.values import AbsolutePath, Credential, DevicePath, HttpUrl, Label, Pixels, RtspUrl, Seconds

Backend = Literal["auto", "gstreamer", "opencv"]
Fps = Annotated[float, Field(gt=0, le=120)]


@dataclass(frozen=True, slots=True, kw_only=True)
class V4l2Source:
    """A camera at this machine."""

    device: DevicePath
    """Stable name, /dev/v4l/by-id/… or /dev/v4l/by-path/…; /dev/video0 is refused, its number changes."""
    kind: Literal["v4l2"] = "v4l2"
    backend: Backend = "auto"
    """Who captures; auto takes GStreamer where it is installed, else OpenCV."""
    width_px: Pixels = 640
    """Width asked of the camera."""
    height_px: Pixels = 360
    """Height asked of the camera."""
    pixel_format: Literal["auto", "mjpeg", "yuyv", "h264"] = "auto"
    """Format asked of the camera."""
    max_fps: Fps = 15.0
    """Most pictures a second that are judged; the others are dropped and counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RtspSource:
    """A network camera by RTSP (rtsp://) or RTSP over TLS (rtsps://)."""

    url: RtspUrl
    """Address without user and password."""
    kind: Literal["rtsp"] = "rtsp"
    backend: Backend = "auto"
    """Who captures; auto takes GStreamer where it is installed, else OpenCV."""
    transport: Literal["tcp", "udp"] = "tcp"
    """How the pictures travel."""
    latency_s: Annotated[float, Field(ge=0, le=5)] = 0.2
    """How long packets are held back to put them in order."""
    username: Label | None = None
    """User at the camera."""
    password_credential: Credential | None = None
    """Credential file with the password of ``username``."""
    tls_ca_file: AbsolutePath | None = None
    """Certificates that may sign the camera's (rtsps); none: those of the system."""
    tls_verify: bool = True
    """Whether the camera's certificate is checked (rtsps)."""
    max_fps: Fps = 15.0
    """Most pictures a second that are judged; the others are dropped and counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MjpegSource:
    """A network camera that sends JPEG pictures over HTTP (multipart/x-mixed-replace)."""

    url: HttpUrl
    """Address without user and password."""
    kind: Literal["mjpeg"] = "mjpeg"
    username: Label | None = None
    """User at the camera."""
    password_credential: Credential | None = None
    """Credential file with the password of ``username``."""
    tls_ca_file: AbsolutePath | None = None
    """Certificates that may sign the camera's (https); none: those of the system."""
    tls_verify: bool = True
    """Whether the camera's certificate is checked (https)."""
    max_fps: Fps = 15.0
    """Most pictures a second that are judged; the others are dropped and counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSource:
    """A recording played at its own pace as if it were a camera: for demonstrations and tests."""

    path: AbsolutePath
    """The recording, or a folder of pictures."""
    kind: Literal["recording"] = "recording"
    repeat: bool = True
    """Begin again at the end; else the camera is offline then."""
    max_fps: Fps = 15.0
    """Most pictures a second that are judged; the others are dropped and counted."""


SourceSettings = V4l2Source | RtspSource | MjpegSource | RecordingSource


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSettings:
    """How every source is watched and brought back."""

    offline_after_s: Seconds = 4.0
    """Without a picture for this long a camera is offline."""
    stuck_after_s: Seconds = 8.0
    """A capture process that gave nothing for this long is ended and started anew; longer than ``offline_after_s``."""
    first_backoff_s: Seconds = 1.0
    """Pause before the first new attempt; it doubles."""
    longest_backoff_s: Seconds = 5.0
    """Longest pause between attempts."""
    backoff_jitter: Annotated[float, Field(ge=0, le=1)] = 0.2
    """Share by which a pause varies at random, so that cameras do not come back all at once."""
    frozen_after_s: Seconds = 9.0
    """The same picture, bit by bit, for this long is a fault; with its delay an alert within 15 s."""
    black_below: Annotated[float, Field(ge=0, le=255)] = 12.0
    """Mean brightness (0–255) below which a picture is black."""
    covered_contrast: Annotated[float, Field(ge=0, le=128)] = 6.0
    """Deviation of brightness (0–255) below which a picture that is not black is covered."""
    ring_slots: Annotated[int, Field(ge=2, le=64)] = 4
    """Pictures a camera's shared memory holds."""
