"""Which backend opens what, and how: nothing that is configured becomes part of a pipeline's text."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from monitor.capture.feed import FeedEnded
from monitor.capture.fitting import fitted
from monitor.capture.opencv_feed import address_with_password, ffmpeg_options
from monitor.capture.opening import open_feed
from monitor.errors import ServiceUnavailable
from monitor.ward.sources import RtspSource, V4l2Source

DEVICE = Path("/dev/v4l/by-id/usb-No_Such_Camera-video-index0")


def test_the_password_goes_into_ffmpegs_address_encoded():
    source = RtspSource(url="rtsp://camera:8554/a?b=c", username="v:w")
    assert address_with_password(source, "p@/ ü") == "rtsp://v%3Aw:p%40%2F%20%C3%BC@camera:8554/a?b=c"
    assert address_with_password(source, None) == "rtsp://v%3Aw@camera:8554/a?b=c"
    assert address_with_password(RtspSource(url="rtsp://camera/a"), "unused") == "rtsp://camera/a"


def test_ffmpegs_options():
    plain = ffmpeg_options(RtspSource(url="rtsp://camera/a", transport="udp", latency_s=0.5))
    assert plain == "rtsp_transport;udp|allowed_media_types;video|max_delay;500000"
    secure = ffmpeg_options(RtspSource(url="rtsps://camera/a", tls_ca_file=Path("/etc/ca.pem")))
    assert secure.endswith("tls_verify;1|ca_file;/etc/ca.pem")


def test_gstreamer_sets_properties_not_text():
    pytest.importorskip("gi")
    from monitor.capture.pipeline import build, gstreamer_for

    source = RtspSource(url="rtsp://camera/a!b", username='v" ! fakesink', transport="udp", latency_s=0.3)
    gst = gstreamer_for(source)
    element = build(gst, source, "p! name=x").get_by_name("source")
    assert element.get_property("location") == "rtsp://camera/a!b"
    assert element.get_property("user-id") == 'v" ! fakesink'
    assert element.get_property("user-pw") == "p! name=x"
    assert element.get_property("latency") == 300
    assert element.get_property("protocols").first_value_nick == "udp"


@pytest.mark.parametrize(
    ("pixel_format", "expected"),
    [
        ("mjpeg", ["image/jpeg, width=(int)640, height=(int)360", "image/jpeg"]),
        (
            "yuyv",
            ["video/x-raw, format=(string)YUY2, width=(int)640, height=(int)360", "video/x-raw, format=(string)YUY2"],
        ),
    ],
)
def test_what_a_usb_camera_is_asked_for(pixel_format, expected: list[str]):
    pytest.importorskip("gi")
    from monitor.capture.pipeline import asked_caps, build, gstreamer_for

    source = V4l2Source(device=DEVICE, pixel_format=pixel_format)
    gst = gstreamer_for(source)
    pipeline = build(gst, source, None)
    assert pipeline.get_by_name("source").get_property("device") == str(DEVICE)
    caps = gst.Caps.from_string(asked_caps(source))
    assert [caps.get_structure(number).to_string().rstrip(";") for number in range(caps.get_size())] == expected


@pytest.mark.parametrize("backend", ["gstreamer", "opencv", "auto"])
def test_a_usb_camera_that_is_not_there_ends_the_feed_in_words(backend):
    if backend == "gstreamer":
        pytest.importorskip("gi")
    with pytest.raises(FeedEnded) as ended:  # noqa: PT012 — opening or the first picture tells, by backend
        feed = open_feed(V4l2Source(device=DEVICE, backend=backend), None, threading.Event())
        try:
            for _ in range(50):
                feed.next(0.1)
        finally:
            feed.close()
    assert "camera" in str(ended.value)
    assert "\n" not in str(ended.value)


def test_without_gstreamer_auto_takes_opencv_and_gstreamer_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("gi")
    import monitor.capture.pipeline as pipeline

    def missing(_source):
        raise ServiceUnavailable("GStreamer is not here: install it")

    monkeypatch.setattr(pipeline, "gstreamer_for", missing)
    with pytest.raises(FeedEnded, match="install it"):
        open_feed(V4l2Source(device=DEVICE, backend="gstreamer"), None, threading.Event())
    with pytest.raises(FeedEnded, match="OpenCV cannot open"):
        open_feed(V4l2Source(device=DEVICE), None, threading.Event())


def test_large_pictures_are_made_smaller_in_their_shape():
    assert fitted(np.zeros((2160, 3840, 3), np.uint8)).shape == (1080, 1920, 3)
    assert fitted(np.zeros((4000, 20, 3), np.uint8)).shape == (1920, 10, 3)
    small = np.zeros((360, 640, 3), np.uint8)
    assert fitted(small) is small
