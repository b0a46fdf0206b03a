"""Four cameras on this machine: from a picture's capture to its judgement, and what limits it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from monitor.bench.recordings import ward_recording
from monitor.bench.rtsp_server import RtspCameras, as_h264, rtsp_possible
from monitor.bench.ward_run import Scrape, WardRun, cpu_s
from monitor.clock import now_s

AIM_MS = 150.0
EXPLAINED_AIM_HZ = 0.9
"""Explanations are asked for once a second and bed, while its face can be judged."""
LOADS = ((4, 15.0), (4, 12.0), (4, 10.0), (4, 7.5), (3, 10.0), (2, 15.0), (2, 10.0), (1, 15.0), (1, 10.0))
"""Cameras and pictures a second of each, from what is asked for downwards."""
FILM_S = 16.0
"""Length of what each camera shows, round and round."""
_GROWTH = 1.5
_FLOOR_MS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WardCosts:
    """One load. ``latency_ms`` from capture to judgement, ``ages_ms`` of what waited (its 95th percentile), first
    and second half; ``cpu`` in processor seconds a second by process; ``stage_ms`` of a round of all beds."""

    cameras: int
    fps: float
    over: str
    seconds: float
    judged: int
    latency_ms: Mapping[str, float]
    ages_ms: Mapping[str, tuple[float, float]]
    dropped: Mapping[str, int]
    explained_hz: float
    batch: float
    cpu: Mapping[str, float]
    stage_ms: Mapping[str, float]

    @property
    def judged_fps(self) -> float:
        """Judged pictures a second and camera."""
        return self.judged / self.seconds / self.cameras

    @property
    def grows(self) -> bool:
        """Whether something waited longer in the second half than in the first."""
        return any(second > max(_FLOOR_MS, _GROWTH * first) for first, second in self.ages_ms.values())

    @property
    def met(self) -> bool:
        """Whether the 95th percentile keeps to its aim and no queue grows."""
        return self.latency_ms["p95"] <= AIM_MS and not self.grows


@contextmanager
def ward_cameras(folder: Path, count: int, fps: float, seconds: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """How pictures travel, and the sources of a configuration: RTSP where that can be served, else recordings."""
    names = [f"camera-{number}" for number in range(1, count + 1)]
    recordings = {name: ward_recording(folder, number, seconds) for number, name in enumerate(names, start=1)}
    if not rtsp_possible():
        yield (
            "recordings",
            {name: {"kind": "recording", "path": str(path), "max_fps": fps} for name, path in recordings.items()},
        )
        return
    films = {name: folder / f"{name}.mp4" for name in names}
    for name, film in films.items():
        if not film.exists():
            as_h264(recordings[name], film)
    with RtspCameras(films) as cameras:
        yield "RTSP", {name: {"kind": "rtsp", "url": cameras.url(name), "max_fps": fps} for name in names}


def ward_settings(sources: Mapping[str, Any]) -> dict[str, Any]:
    """A ward with a bed for each source."""
    beds = {name.replace("camera", "bed"): {"source": name} for name in sources}
    return {"sources": dict(sources), "beds": beds, "logging": {"level": "warning"}}


def ward_costs(folder: Path, cameras: int, fps: float, *, seconds: float, warm_up_s: float = 15.0) -> WardCosts:
    """Run the service with ``cameras`` cameras for ``seconds`` after a warm-up and measure it."""
    with ExitStack() as stack:
        over, sources = stack.enter_context(ward_cameras(folder, cameras, fps, FILM_S))
        run = stack.enter_context(WardRun(folder / f"run-{cameras}-{fps:g}", ward_settings(sources)))
        run.wait_until_judging(explaining=True)
        Event().wait(warm_up_s)
        pids = {row["name"]: row["pid"] for row in (run.status() or {})["processes"] if row["pid"]}
        before_cpu, began_s, before = {name: cpu_s(pid) for name, pid in pids.items()}, now_s(), run.scrape()
        stages: list[Mapping[str, float]] = []
        halves = [before]
        for half in (1, 2):
            while now_s() < began_s + seconds * half / 2:
                Event().wait(1.0)
                stages.append((run.status() or {}).get("inference", {}).get("stage_ms", {}))
            halves.append(run.scrape())
        passed_s = now_s() - began_s
        after = halves[-1]
        cpu = {name: (cpu_s(pid) - before_cpu[name]) / passed_s for name, pid in pids.items()}
    return WardCosts(
        cameras=cameras,
        fps=fps,
        over=over,
        seconds=passed_s,
        judged=round(_rise(before, after, "vigil_pictures_judged_total")),
        latency_ms={
            f"p{share:g}": 1000.0 * quantile(before, after, "vigil_latency_seconds", share / 100.0)
            for share in (50, 95, 99)
        },
        ages_ms={
            queue: (
                1000.0 * quantile(halves[0], halves[1], "vigil_queue_age_seconds", 0.95, ("queue", queue)),
                1000.0 * quantile(halves[1], halves[2], "vigil_queue_age_seconds", 0.95, ("queue", queue)),
            )
            for queue in ("pictures", "judgements")
        },
        dropped=_drops(before, after),
        explained_hz=_rise(before, after, "vigil_explained_total") / passed_s / cameras,
        batch=_rise(before, after, "vigil_batch_beds_total")
        / max(1.0, _rise(before, after, "vigil_pictures_judged_total")),
        cpu=cpu,
        stage_ms=_mean_stages(stages),
    )


def ward_figures(folder: Path, *, seconds: float, say: Callable[[str], None]) -> tuple[WardCosts, ...]:
    """The load that is asked for and, where it is missed, smaller ones down to the largest that is met."""
    found: list[WardCosts] = []
    for cameras, fps in LOADS:
        say(f"{cameras} camera{'s' if cameras > 1 else ''} of 640×360 at {fps:g} pictures a second: {seconds:.0f} s")
        found.append(ward_costs(folder, cameras, fps, seconds=seconds))
        if found[-1].met:
            break
    return tuple(found)


def quantile(before: Scrape, after: Scrape, name: str, share: float, label: tuple[str, str] | None = None) -> float:
    """Seconds below which ``share`` of a histogram's observations between two scrapes lie; within its buckets."""
    buckets: dict[float, float] = {}
    for (sample, labels), value in after.items():
        given = dict(labels)
        if sample == f"{name}_bucket" and (label is None or given.get(label[0]) == label[1]):
            edge = math.inf if given["le"] == "+Inf" else float(given["le"])
            buckets[edge] = buckets.get(edge, 0.0) + value - before.get((sample, labels), 0.0)
    edges = sorted(buckets)
    if not edges or buckets[edges[-1]] <= 0:
        return 0.0
    wanted, low, below = share * buckets[edges[-1]], 0.0, 0.0
    for edge in edges:
        if buckets[edge] >= wanted:
            inside = (wanted - below) / max(buckets[edge] - below, 1e-9)
            return low if math.isinf(edge) else low + (edge - low) * inside
        low, below = edge, buckets[edge]
    return low


def _rise(before: Scrape, after: Scrape, name: str) -> float:
    return sum(value - before.get(sample, 0.0) for sample, value in after.items() if sample[0] == name)


def _drops(before: Scrape, after: Scrape) -> dict[str, int]:
    found = {"overtaken": round(_rise(before, after, "vigil_pictures_left_out_total"))}
    for kind, name in (("camera", "vigil_pictures_dropped_total"), ("explanation", "vigil_explanations_dropped_total")):
        for sample, value in after.items():
            if sample[0] == name:
                key = f"{kind} {dict(sample[1])['cause']}"
                found[key] = found.get(key, 0) + round(value - before.get(sample, 0.0))
    return {cause: count for cause, count in found.items() if count}


def _mean_stages(samples: list[Mapping[str, float]]) -> dict[str, float]:
    names = {name for sample in samples for name in sample}
    return {
        name: sum(sample[name] for sample in samples if name in sample)
        / max(1, sum(name in sample for sample in samples))
        for name in sorted(names)
    }
