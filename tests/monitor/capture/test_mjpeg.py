"""MJPEG cameras for real: an HTTP server on loopback, with and without password and TLS, careful and careless."""

from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np
import pytest
from certificates import make_certificates
from mjpeg_server import MjpegServer
from watching import PATIENT_S, until, watch

from monitor.alerts.topics import Topic
from monitor.capture.camera import Camera, CameraStatus
from monitor.capture.ring import RingReader
from monitor.ward.sources import CaptureSettings, MjpegSource

USER = ("viewer", "s3 cr:t,ü")
QUICK = CaptureSettings(offline_after_s=1.5, stuck_after_s=4.0, first_backoff_s=0.2, longest_backoff_s=0.5)


@pytest.fixture(scope="module")
def shots() -> list[bytes]:
    rng = np.random.default_rng(4)
    rough = rng.integers(0, 256, (5, 24, 32, 3), dtype=np.uint8)
    return [cv2.imencode(".jpg", cv2.resize(each, (320, 240)))[1].tobytes() for each in rough]


@pytest.fixture
def camera_of():
    made: list[Camera] = []

    def make(source: MjpegSource, password: str | None = None) -> Camera:
        made.append(Camera("test", source, QUICK, password=password))
        made[-1].start()
        return made[-1]

    yield make
    for camera in made:
        camera.close()


def pictures(status: CameraStatus) -> bool:
    return status.online and status.sequence >= 8 and status.size is not None


@pytest.mark.parametrize("careless", [False, True])
def test_pictures_come_from_careful_and_careless_cameras(camera_of, shots: list[bytes], careless: bool):
    with MjpegServer(shots, careless=careless) as server:
        camera = camera_of(MjpegSource(url=server.url))
        status, _ = until(camera, pictures, PATIENT_S)
        reader = RingReader(camera.ring_fd, camera.ring_layout)
        found = reader.newest()
        reader.close()
        sent = [cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_COLOR) for shot in shots]
        assert any(np.array_equal(found.pixels, each) for each in sent)
        assert status.dropped.get("damaged", 0) == 0
        assert status.size == (320, 240)


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_the_password_is_given_when_asked_for_and_said_nowhere(camera_of, shots: list[bytes], scheme: str):
    with MjpegServer(shots, user=USER, scheme=scheme) as server:
        source = MjpegSource(url=server.url, username=USER[0])
        status, _ = until(camera_of(source, USER[1]), pictures, PATIENT_S)
        assert server.heard[0] == ""  # nothing before it was asked
        plain = base64.b64encode(":".join(USER).encode()).decode()
        assert any(plain in heard for heard in server.heard) == (scheme == "basic")
        assert USER[1] not in repr(status)
        refused, _ = until(camera_of(source, "another"), lambda now: now.trouble is not None, PATIENT_S)
        assert refused.trouble == "the camera refuses user or password"


def test_tls_with_an_authority_of_ones_own(camera_of, shots: list[bytes], tmp_path: Path):
    made = make_certificates(tmp_path)
    with MjpegServer(shots, tls=(made.certificate, made.key)) as server:
        until(camera_of(MjpegSource(url=server.url, tls_ca_file=made.authority)), pictures, PATIENT_S)
        until(camera_of(MjpegSource(url=server.url, tls_verify=False)), pictures, PATIENT_S)
        status, _ = until(camera_of(MjpegSource(url=server.url)), lambda now: now.trouble is not None, PATIENT_S)
        assert "certificate verify failed" in status.trouble
        assert status.sequence == 0


def test_cut_off_pictures_are_dropped_counted_and_told(camera_of, shots: list[bytes]):
    broken = [*shots[:2], shots[2][:2000], b"no picture at all"]
    with MjpegServer(broken) as server:
        camera = camera_of(MjpegSource(url=server.url))
        status, _ = until(camera, lambda now: Topic.PICTURE_TORN in now.faults, PATIENT_S)
        assert status.online
        assert status.dropped["damaged"] >= 3
        server.pictures[:] = shots
        until(camera, lambda now: now.faults == frozenset(), PATIENT_S)


def test_a_camera_that_falls_silent_is_given_up_and_comes_back(camera_of, shots: list[bytes]):
    with MjpegServer(shots) as server:
        camera = camera_of(MjpegSource(url=server.url))
        first, _ = until(camera, pictures, PATIENT_S)
        server.quiet.set()
        until(camera, lambda now: Topic.CAMERA_OFFLINE in now.faults, PATIENT_S)
        until(camera, lambda now: now.pid != first.pid, PATIENT_S)
        server.quiet.clear()
        status, _ = until(camera, lambda now: now.online, PATIENT_S)
        assert status.restarts >= 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"content_type": "text/html"}, "sends no MJPEG"),
        ({"last": 3}, "ended the stream"),
    ],
)
def test_what_is_no_stream_is_said_in_words(camera_of, shots: list[bytes], options: dict, words: str):
    with MjpegServer(shots, **options) as server:
        camera = camera_of(MjpegSource(url=server.url))
        watch(camera, 1.0)
        server.quiet.set()
        status, _ = until(camera, lambda now: now.trouble is not None, PATIENT_S)
        assert words in status.trouble or "no picture for" in status.trouble


def test_nobody_there_is_said_in_words(camera_of):
    camera = camera_of(MjpegSource(url="http://127.0.0.1:9/video"))
    status, _ = until(camera, lambda now: now.trouble is not None, PATIENT_S)
    assert status.trouble.startswith("the camera cannot be reached")
