"""Steps a camera as the service does, until something holds."""

from __future__ import annotations

import time
from collections.abc import Callable

from monitor.capture.camera import Camera, CameraStatus

PATIENT_S = 150.0
"""For what is no figure: a process starts in two seconds, or in many where the machine is busy."""


def until(
    camera: Camera, holds: Callable[[CameraStatus], bool], within_s: float, every_s: float = 0.05
) -> tuple[CameraStatus, float]:
    """The first status for which ``holds``, and the seconds it took; AssertionError with the last one otherwise."""
    begun_s = time.monotonic()
    while True:
        now_s = time.monotonic()
        camera.step(now_s)
        status = camera.status(now_s)
        if holds(status):
            return status, now_s - begun_s
        assert now_s - begun_s < within_s, f"not within {within_s} s: {status}"
        time.sleep(every_s)


def watch(camera: Camera, for_s: float) -> CameraStatus:
    """The status after so many seconds of stepping."""
    return until(camera, _after(for_s), for_s + 5)[0]


def _after(for_s: float) -> Callable[[CameraStatus], bool]:
    end_s = time.monotonic() + for_s
    return lambda _status: time.monotonic() >= end_s
