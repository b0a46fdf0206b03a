"""RTSP cameras for real: GStreamer's own server on loopback, over TCP, UDP and TLS, killed, stopped, brought back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
from certificates import make_certificates
from rtsp_server import RtspServer, encoded
from watching import PATIENT_S, until, watch

from monitor.alerts.topics import Topic
from monitor.capture.camera import Camera, CameraStatus
from monitor.capture.ring import RingReader
from monitor.ward.sources import CaptureSettings, RtspSource

pytestmark = pytest.mark.live

PASSWORD = "s3 cr:t@/ü%"


def numbered(target: Path, seconds: float = 4.0, fps: int = 15) -> Path:
    """A film with a textured, moving picture."""
    rough = target.with_suffix(".avi")
    writer = cv2.VideoWriter(str(rough), cv2.VideoWriter.fourcc(*"MJPG"), fps, (640, 360))
    rng = np.random.default_rng(1)
    texture = cv2.resize(rng.integers(40, 220, (45, 80, 3), dtype=np.uint8), (640, 360))
    for number in range(int(seconds * fps)):
        writer.write(np.roll(texture, 3 * number, axis=1))
    writer.release()
    return encoded(rough, target, fps=fps, seconds=seconds)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("gi")
    return numbered(tmp_path_factory.mktemp("films") / "film.mp4")


@contextmanager
def watched(
    source: RtspSource, capture: CaptureSettings | None = None, password: str | None = None
) -> Iterator[Camera]:
    camera = Camera("test", source, capture, password=password)
    camera.start()
    try:
        yield camera
    finally:
        camera.close()


def pictures(status: CameraStatus) -> bool:
    return status.online and status.sequence >= 10 and status.size is not None


@contextmanager
def all_watched(sources: Mapping[str, RtspSource], password: str | None = None) -> Iterator[dict[str, Camera]]:
    """Cameras that start together, which costs less time."""
    with ExitStack() as stack:
        cameras = {name: stack.enter_context(watched(each, password=password)) for name, each in sources.items()}
        for camera in cameras.values():
            camera.step(time.monotonic())
        yield cameras


def test_pictures_come_over_tcp_and_udp_by_both_backends(film: Path):
    read, wanted = cv2.VideoCapture(str(film)).read()
    assert read
    with RtspServer({"bed": film}) as server:
        ways = {
            f"{backend} {transport}": RtspSource(url=server.url("bed"), transport=transport, backend=backend)
            for backend in ("gstreamer", "opencv")
            for transport in ("tcp", "udp")
        }
        with all_watched(ways) as cameras:
            for name, camera in cameras.items():
                status, _ = until(camera, pictures, PATIENT_S)
                assert status.size == (640, 360)
                assert status.decoder.startswith(name.split()[0])
                assert status.trouble is None
                if name.endswith("tcp"):
                    assert status.faults == frozenset()  # over UDP packets may be lost
                reader = RingReader(camera.ring_fd, camera.ring_layout)
                first = reader.newest()
                until(camera, lambda now, number=first.sequence: now.sequence > number, PATIENT_S)
                second = reader.newest(after=first.sequence)
                reader.close()
                assert first.pixels.shape == second.pixels.shape == (360, 640, 3)
                assert first.captured_s < second.captured_s <= time.monotonic()
                means = second.pixels.mean(axis=(0, 1)), wanted.mean(axis=(0, 1))
                np.testing.assert_allclose(*means, atol=4)  # GStreamer's conversion is 2.5 greener


def test_user_and_password_are_given_and_appear_nowhere(film: Path):
    with RtspServer({"bed": film}, user=("viewer", PASSWORD)) as server:
        ways = {
            backend: RtspSource(url=server.url("bed"), username="viewer", backend=backend)
            for backend in ("gstreamer", "opencv")
        }
        with all_watched(ways, PASSWORD) as cameras, all_watched(ways, "wrong-one") as strangers:
            for camera in cameras.values():
                status, _ = until(camera, pictures, PATIENT_S)
                process = psutil.Process(status.pid)
                assert PASSWORD not in " ".join(process.cmdline())
                assert PASSWORD not in " ".join(process.environ().values())
                assert PASSWORD not in repr(status)
            for camera in strangers.values():
                status, _ = until(camera, lambda now: now.trouble is not None, PATIENT_S)
                assert "wrong-one" not in status.trouble
                assert "refuse" in status.trouble
                assert not status.online


@pytest.mark.parametrize("backend", ["gstreamer", "opencv"])
def test_tls_with_an_authority_of_ones_own(film: Path, tmp_path: Path, backend: str):
    made, other = make_certificates(tmp_path), tmp_path / "other"
    other.mkdir()
    stranger = make_certificates(other).authority
    with RtspServer({"bed": film}, user=("viewer", PASSWORD), tls=(made.certificate, made.key)) as server:
        url = server.url("bed")
        asked = {
            "known": RtspSource(url=url, username="viewer", tls_ca_file=made.authority, backend=backend),
            "unchecked": RtspSource(url=url, username="viewer", tls_verify=False, backend=backend),
            "of nobody": RtspSource(url=url, username="viewer", backend=backend),
            "of a stranger": RtspSource(url=url, username="viewer", tls_ca_file=stranger, backend=backend),
        }
        with all_watched(asked, PASSWORD) as cameras:
            for name, camera in cameras.items():
                if name in ("known", "unchecked"):
                    until(camera, pictures, PATIENT_S)
                else:
                    assert until(camera, lambda now: now.trouble is not None, PATIENT_S)[0].sequence == 0


def test_a_killed_server_is_noticed_and_its_return_too(film: Path):
    with RtspServer({"bed": film}) as server, watched(RtspSource(url=server.url("bed"))) as camera:
        until(camera, pictures, PATIENT_S)
        server.kill()
        status, took_s = until(camera, lambda now: Topic.CAMERA_OFFLINE in now.faults, PATIENT_S)
        assert took_s <= 5.0
        assert not status.online
        watch(camera, 2)  # it has backed off as far as it does
        server.start()
        status, took_s = until(camera, lambda now: now.online, PATIENT_S)
        assert took_s <= 10.0
        assert status.restarts >= 1
        assert status.faults == frozenset()


@pytest.mark.parametrize("when", ["before", "while"])
def test_a_connection_that_says_nothing_is_cured_by_ending_the_process(film: Path, when: str):
    """The server's process is stopped: its kernel accepts, nobody answers, no read ever returns."""
    capture = CaptureSettings(offline_after_s=1.5, stuck_after_s=4.0)
    with RtspServer({"bed": film}) as server:
        if when == "before":
            server.stop()
        with watched(RtspSource(url=server.url("bed")), capture) as camera:
            first, _ = until(camera, pictures if when == "while" else lambda now: now.pid is not None, PATIENT_S)
            if when == "while":
                server.stop()
            ended, took_s = until(camera, lambda now: now.pid != first.pid, PATIENT_S)
            assert took_s <= 15.0
            assert not psutil.pid_exists(first.pid) or ended.pid is None
            server.go_on()
            back, _ = until(camera, lambda now: now.online and now.pid not in (None, first.pid), PATIENT_S)
            assert not psutil.pid_exists(first.pid)
            assert back.restarts >= 1


def test_with_packets_lost_no_smeared_picture_is_given_and_the_loss_is_told(film: Path):
    """Decoders conceal what they did not get, and every picture up to the next key picture is made from that."""
    sound, capture = [], cv2.VideoCapture(str(film))
    while (read := capture.read())[0]:
        sound.append(read[1].astype(np.int16))
    coarse = np.stack([each[::8, ::8] for each in sound])
    with (
        RtspServer({"bed": film}, loss=0.02) as server,
        watched(RtspSource(url=server.url("bed"), transport="udp", backend="gstreamer")) as camera,
    ):
        reader, after, told, taken = RingReader(camera.ring_fd, camera.ring_layout), 0, False, 0
        until_s = time.monotonic() + PATIENT_S
        while time.monotonic() < until_s and not (told and taken >= 2):
            camera.step(time.monotonic())
            told = told or Topic.PICTURE_TORN in camera.status(time.monotonic()).faults
            found = reader.newest(after)
            if found is not None:
                after, taken, pixels = found.sequence, taken + 1, found.pixels.astype(np.int16)
                nearest = int(np.abs(coarse - pixels[::8, ::8]).mean(axis=(1, 2, 3)).argmin())
                assert np.abs(pixels - sound[nearest]).mean() < 4  # smeared ones differ by 8 and more
            time.sleep(0.02)
        reader.close()
        assert told
        assert taken >= 2
        assert camera.status(time.monotonic()).dropped["damaged"] >= 3


def test_a_capture_process_that_falls_behind_blames_nobody(film: Path):
    """Stopped for a second again and again, as on a machine that is much too busy: the camera's pictures are whole."""
    source = RtspSource(url="", transport="tcp", backend="gstreamer")
    with (
        RtspServer({"bed": film}) as server,
        watched(
            replace(source, url=server.url("bed")), CaptureSettings(offline_after_s=30, stuck_after_s=60)
        ) as camera,
    ):
        first, _ = until(camera, pictures, PATIENT_S)
        process = psutil.Process(first.pid)
        for _ in range(8):
            process.suspend()
            time.sleep(1.0)
            process.resume()
            status = watch(camera, 0.5)
            assert status.faults == frozenset()
        after, _ = until(camera, lambda now: now.sequence > status.sequence + 10, PATIENT_S)
    assert after.dropped.get("damaged", 0) <= first.dropped.get("damaged", 0) + 15
    assert after.restarts == 0


def test_many_cameras_end_together(film: Path):
    names = [f"bed-{number}" for number in range(4)]
    with RtspServer(dict.fromkeys(names, film)) as server:
        cameras = [Camera(name, RtspSource(url=server.url(name))) for name in names]
        try:
            for camera in cameras:
                camera.start()
                camera.step(time.monotonic())
            pids = {until(camera, pictures, PATIENT_S)[0].pid for camera in cameras}
            assert len(pids) == 4
        finally:
            for camera in cameras:
                camera.stop()
            for camera in cameras:
                camera.close()
        assert not any(psutil.pid_exists(pid) for pid in pids)


def test_the_wrong_name_is_said_in_words(film: Path):
    with RtspServer({"bed": film}) as server, watched(RtspSource(url=server.url("nothing"))) as camera:
        status, _ = until(camera, lambda now: now.trouble is not None, PATIENT_S)
    assert status.trouble.startswith("the camera has no such stream")
    assert os.linesep not in status.trouble
