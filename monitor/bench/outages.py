"""What dead cameras cost the others, and how a camera that was away for long comes back: two campaigns."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from monitor.bench.recordings import ward_recording
from monitor.bench.rtsp_server import RtspCameras, as_h264, rtsp_possible
from monitor.bench.ward import FILM_S, quantile, ward_settings
from monitor.bench.ward_run import WardRun
from monitor.clock import now_s
from monitor.errors import ServiceUnavailable

DEAD = 7
_PATIENCE_S = 120.0
_FPS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageCosts:
    """``alone_ms`` and ``beside_dead_ms``: p95 of the healthy camera from capture to judgement, alone and with
    ``DEAD`` dead ones (refused, and accepted but silent, by turns). ``offline_s`` after its server was killed,
    ``back_s`` after it came back ``away_s`` later; ``others_restarted``: whether any other process was."""

    alone_ms: float
    beside_dead_ms: float
    away_s: float
    offline_s: float
    back_s: float
    others_restarted: bool

    @property
    def lines(self) -> tuple[str, ...]:
        """For people."""
        change = 100.0 * (self.beside_dead_ms / self.alone_ms - 1.0) if self.alone_ms else 0.0
        return (
            f"one camera, p95 from capture to judgement: alone {self.alone_ms:.0f} ms, beside {DEAD} dead ones "
            f"{self.beside_dead_ms:.0f} ms ({change:+.0f}%, wanted below +10%)",
            f"a camera whose server was away for {self.away_s:.0f} s: offline after {self.offline_s:.1f} s "
            f"(wanted 5), online {self.back_s:.1f} s after its return (wanted 10); "
            f"others {'were restarted' if self.others_restarted else 'went on'}",
        )


def outage_costs(folder: Path, *, seconds: float, away_s: float, say: Callable[[str], None]) -> OutageCosts:
    """Both campaigns. ServiceUnavailable without GStreamer's RTSP server."""
    if not rtsp_possible():
        raise ServiceUnavailable("the campaign wants GStreamer's RTSP server and ffmpeg")
    film = folder / "camera-1.mp4"
    if not film.exists():
        as_h264(ward_recording(folder, 1, FILM_S), film)
    with ExitStack() as stack:
        first = stack.enter_context(RtspCameras({"camera-1": film}))
        second = stack.enter_context(RtspCameras({"camera-2": film}))
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=64))
        healthy = {"camera-1": _rtsp(first.url("camera-1"))}
        say(f"one camera alone: {seconds:.0f} s")
        alone_ms = _p95_ms(folder / "alone", healthy, seconds)
        addresses = ("rtsp://127.0.0.1:9/dead", f"rtsp://127.0.0.1:{silent.getsockname()[1]}/dead")
        dead = {f"camera-{number}": _rtsp(addresses[number % 2]) for number in range(2, 2 + DEAD)}
        say(f"the same beside {DEAD} dead ones: {seconds:.0f} s")
        beside_ms = _p95_ms(folder / "beside", {**healthy, **dead}, seconds)
        say(f"a camera away for {away_s:.0f} s")
        both = {**healthy, "camera-2": _rtsp(second.url("camera-2"))}
        run = stack.enter_context(WardRun(folder / "away", ward_settings(both)))
        run.wait_until_judging(explaining=False)
        pids = _others(run)
        second.stop()
        offline_s = _until(run, lambda status: not status["cameras"]["camera-2"]["online"])
        Event().wait(max(0.0, away_s - offline_s))
        second.start()
        back_s = _until(run, lambda status: status["cameras"]["camera-2"]["online"])
        restarted = _others(run) != pids
    return OutageCosts(
        alone_ms=alone_ms,
        beside_dead_ms=beside_ms,
        away_s=away_s,
        offline_s=offline_s,
        back_s=back_s,
        others_restarted=restarted,
    )


def _rtsp(url: str) -> dict[str, Any]:
    return {"kind": "rtsp", "url": url, "max_fps": _FPS}


def _p95_ms(folder: Path, sources: dict[str, Any], seconds: float) -> float:
    with WardRun(folder, ward_settings(sources)) as run:
        _until(run, lambda status: status["beds"]["bed-1"]["judged_age_s"] is not None)
        Event().wait(20.0)  # the sidecar loads, the dead ones go through their back-off
        before = run.scrape()
        Event().wait(seconds)
        return 1000.0 * quantile(before, run.scrape(), "vigil_latency_seconds", 0.95)


def _until(run: WardRun, holds: Callable[[dict[str, Any]], bool]) -> float:
    """Seconds until ``holds`` of /status."""
    began_s = now_s()
    while now_s() - began_s < _PATIENCE_S:
        status = run.status()
        if status is not None and holds(status):
            return now_s() - began_s
        Event().wait(0.1)
    raise ServiceUnavailable(f"the measured service does not do what it should: {run.last_words()}")


def _others(run: WardRun) -> dict[str, Any]:
    """Process ids but of the camera that goes and of the sidecar, which may still load."""
    rows = (run.status() or {"processes": []})["processes"]
    return {row["name"]: row["pid"] for row in rows if "camera-2" not in row["name"] and row["kind"] != "sidecar"}
