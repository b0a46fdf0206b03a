"""A camera's life with a recording as its source: start, stuck, killed, changed, ended, and nothing left behind."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
from watching import PATIENT_S, until, watch

from monitor.alerts.topics import Topic
from monitor.capture.camera import Camera, CameraStatus
from monitor.capture.ring import RingReader
from monitor.ward.sources import CaptureSettings, RecordingSource

pytestmark = pytest.mark.live

QUICK = CaptureSettings(
    offline_after_s=1.0, stuck_after_s=1.5, first_backoff_s=0.1, longest_backoff_s=0.4, backoff_jitter=0.0
)
"""Nothing of it is judged twice on a busy machine: a process that comes up slowly is ended as stuck with these."""
PATIENT = CaptureSettings(
    offline_after_s=30.0, stuck_after_s=60.0, first_backoff_s=0.1, longest_backoff_s=0.4, backoff_jitter=0.0
)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of noise at 20 pictures a second."""
    target = tmp_path_factory.mktemp("films") / "film.avi"
    writer = cv2.VideoWriter(str(target), cv2.VideoWriter.fourcc(*"MJPG"), 20, (160, 120))
    rng = np.random.default_rng(1)
    for _ in range(60):
        writer.write(rng.integers(0, 256, (120, 160, 3), dtype=np.uint8))
    writer.release()
    return target


@pytest.fixture
def camera_of(film: Path) -> Iterator[Callable[..., Camera]]:
    made: list[Camera] = []

    def make(capture: CaptureSettings = QUICK, **changes) -> Camera:
        camera = Camera("test", RecordingSource(**{"path": film, "max_fps": 60.0} | changes), capture)
        made.append(camera)
        camera.start()
        return camera

    yield make
    for camera in made:
        camera.close()


def test_a_recording_plays_at_its_own_pace_round_and_round(camera_of):
    camera = camera_of(PATIENT)
    begin, _ = until(camera, lambda now: now.online, PATIENT_S)
    begun_s = time.monotonic()
    status, _ = until(camera, lambda now: now.sequence >= begin.sequence + 80, PATIENT_S)
    took_s = time.monotonic() - begun_s
    assert took_s > 3.0  # a little that had piled up may come at once
    assert status.online
    assert status.faults == frozenset()
    assert status.size == (160, 120)
    status, _ = until(camera, lambda now: 17 <= now.fps <= 23, PATIENT_S)
    assert status.restarts == 0


def test_before_the_first_picture_it_is_neither_online_nor_yet_a_fault(camera_of):
    camera = camera_of(path=Path("/nowhere/film.mp4"))
    now_s = time.monotonic()
    camera.step(now_s)
    early = camera.status(now_s)
    assert (early.online, early.faults, early.age_s, early.sequence) == (False, frozenset(), None, 0)
    late, took_s = until(camera, lambda now: bool(now.faults), PATIENT_S)
    assert late.faults == {Topic.CAMERA_OFFLINE}
    assert took_s >= 0.8
    told, _ = until(camera, lambda now: now.trouble is not None, PATIENT_S)
    assert told.trouble == "/nowhere/film.mp4: no such file or folder"
    until(camera, lambda now: now.restarts >= 2, PATIENT_S)


def test_surplus_pictures_are_dropped_and_counted_and_the_rate_changes_in_place(camera_of):
    camera = camera_of(PATIENT, max_fps=5.0)
    slow, _ = until(camera, lambda now: now.dropped.get("max_fps", 0) >= 60, PATIENT_S)
    assert 0 < slow.fps < 7
    camera.change(max_fps=60.0)
    fast, _ = until(camera, lambda now: now.fps > 15, PATIENT_S)
    assert fast.pid == slow.pid


def test_a_recording_that_is_not_repeated_ends_and_is_offline(camera_of):
    camera = camera_of(repeat=False)
    until(camera, lambda now: now.sequence > 0, PATIENT_S)
    status, _ = until(camera, lambda now: now.ended, PATIENT_S)
    assert all_of(status) == 60
    status, _ = until(camera, lambda now: Topic.CAMERA_OFFLINE in now.faults, PATIENT_S)
    assert status.trouble == "the recording has come to its end"
    assert watch(camera, 1.0).restarts == 0
    camera.change(repeat=True)
    until(camera, lambda now: now.online, PATIENT_S)


def all_of(status: CameraStatus) -> int:
    """Pictures of the recording that were shown or, where the machine was too busy for them, left out."""
    return status.sequence + sum(status.dropped.values())


def test_repeating_can_be_ended_while_it_plays(camera_of):
    camera = camera_of(PATIENT)
    until(camera, lambda now: now.online, PATIENT_S)
    camera.change(repeat=False)
    status, _ = until(camera, lambda now: now.ended, PATIENT_S)
    assert all_of(status) % 60 == 0


def test_checks_follow_changed_settings(camera_of):
    camera = camera_of(PATIENT)
    until(camera, lambda now: now.online, PATIENT_S)
    camera.change(capture=CaptureSettings(black_below=250.0, offline_after_s=30.0, stuck_after_s=60.0))
    status, _ = until(camera, lambda now: bool(now.faults), PATIENT_S)
    assert status.faults == {Topic.PICTURE_BLACK}


def test_a_killed_process_is_started_again_and_the_numbers_go_on(camera_of):
    camera = camera_of(PATIENT)
    first, _ = until(camera, lambda now: now.sequence > 5, PATIENT_S)
    os.kill(first.pid, signal.SIGSEGV)
    gone, _ = until(camera, lambda now: now.pid is None, PATIENT_S)
    assert gone.online  # for as long as its last picture is fresh
    second, _ = until(camera, lambda now: now.online and now.sequence > gone.sequence, PATIENT_S)
    assert second.restarts == 1
    assert second.pid != first.pid
    reader = RingReader(camera.ring_fd, camera.ring_layout)
    assert reader.newest(after=gone.sequence).sequence > gone.sequence
    reader.close()


def test_why_it_ended_is_said(camera_of):
    camera = camera_of(CaptureSettings(offline_after_s=0.3, stuck_after_s=9, first_backoff_s=5))
    first, _ = until(camera, lambda now: now.online, PATIENT_S)
    os.kill(first.pid, signal.SIGKILL)
    status, _ = until(camera, lambda now: now.trouble is not None, PATIENT_S)
    assert status.trouble in {
        "the capture process was ended by SIGKILL",
        "the capture process closed its channel",  # seen first, now and then
    }


def test_a_stuck_process_is_killed_and_replaced(camera_of):
    """Stopped: it takes no SIGTERM any more, as in a read that never returns."""
    camera = camera_of()
    first, _ = until(camera, lambda now: now.sequence > 5, PATIENT_S)
    os.kill(first.pid, signal.SIGSTOP)
    status, took_s = until(camera, lambda now: Topic.CAMERA_OFFLINE in now.faults, PATIENT_S)
    assert took_s < 5.0
    status, _ = until(camera, lambda now: now.online and now.pid not in (None, first.pid), PATIENT_S)
    assert not psutil.pid_exists(first.pid)
    assert status.restarts >= 1  # a busy machine may need a second attempt


def test_the_process_dies_with_its_watcher(film: Path, tmp_path: Path):
    program = f"""
import time
from pathlib import Path
from monitor.capture.camera import Camera, CameraStatus
from monitor.ward.sources import RecordingSource
camera = Camera("orphan", RecordingSource(path=Path({str(film)!r})))
camera.start()
while not camera.status(time.monotonic()).online:
    camera.step(time.monotonic())
    time.sleep(0.05)
print(camera.status(time.monotonic()).pid, flush=True)
time.sleep(60)
"""
    for stop_it in (False, True):
        watcher = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        child = psutil.Process(int(watcher.stdout.readline()))
        if stop_it:
            child.suspend()  # no thread of its own can notice anything
        watcher.kill()
        watcher.wait()
        watcher.stdout.close()
        psutil.wait_procs([child], timeout=60)
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_argv_and_environment_are_plain(camera_of, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials")
    monkeypatch.setenv("GST_DEBUG", "9")
    camera = camera_of()
    status, _ = until(camera, lambda now: now.online, PATIENT_S)
    process = psutil.Process(status.pid)
    assert process.cmdline()[1:4] == ["-P", "-m", "monitor.capture.process"]
    assert process.cmdline()[-1] == "test"
    assert not {"CREDENTIALS_DIRECTORY", "GST_DEBUG"} & process.environ().keys()


def test_a_hundred_lives_leave_nothing_behind(film: Path):
    """Every second life is killed instead of ended; the process hardly comes up before."""
    this = psutil.Process()
    warm = Camera("warm", RecordingSource(path=film), QUICK)
    warm.close()
    gc.collect()
    before = (this.num_fds(), threading.active_count(), len(this.children()))
    for life in range(100):
        camera = Camera("short", RecordingSource(path=film), QUICK)
        camera.start()
        camera.step(time.monotonic())
        pid = camera.status(time.monotonic()).pid
        assert pid is not None
        if life % 2:
            os.kill(pid, signal.SIGKILL)
            until(camera, lambda now: now.pid is None, PATIENT_S, every_s=0.005)
        camera.close()
        camera.close()
        assert not psutil.pid_exists(pid)
    gc.collect()
    after = (this.num_fds(), threading.active_count(), len(this.children()))
    # what other tests left behind in this process may have ended meanwhile
    assert all(now <= then for now, then in zip(after, before, strict=True)), (before, after)


def test_one_camera_through_many_deaths_leaks_nothing(camera_of):
    this = psutil.Process()
    gc.collect()
    others = {child.pid for child in this.children()}  # other tests' servers
    camera = camera_of(
        CaptureSettings(first_backoff_s=0.01, longest_backoff_s=0.01, offline_after_s=30.0, stuck_after_s=60.0)
    )
    descriptors, children = [], []
    for _ in range(40):
        status, _ = until(camera, lambda now: now.pid is not None, PATIENT_S, every_s=0.01)
        descriptors.append(this.num_fds())
        children.append(len({child.pid for child in this.children()} - others))
        os.kill(status.pid, signal.SIGKILL)
        until(camera, lambda now, pid=status.pid: now.pid != pid, PATIENT_S, every_s=0.01)
    assert max(descriptors[20:]) <= max(descriptors[:20]) + 1
    assert max(children) <= 2
    assert camera.status(time.monotonic()).restarts >= 39


def test_a_process_that_cannot_be_started_is_told_and_tried_again(camera_of, monkeypatch: pytest.MonkeyPatch):
    import monitor.capture.child as child

    def refuse(*_args, **_more):
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr(child.subprocess, "Popen", refuse)
        camera = camera_of()
        status, _ = until(camera, lambda now: now.trouble is not None, PATIENT_S)
        assert status.trouble == "the capture process cannot be started: Too many open files"
    until(camera, lambda now: now.online, PATIENT_S)


def test_a_folder_of_pictures_is_a_slow_camera(camera_of, tmp_path: Path):
    rng = np.random.default_rng(2)
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), rng.integers(0, 256, (90, 160, 3), dtype=np.uint8))
    camera = camera_of(CaptureSettings(offline_after_s=3.0), path=tmp_path)
    status, _ = until(camera, lambda now: now.sequence >= 4, PATIENT_S)
    assert status.online
    assert 0 < status.fps < 1.6
