"""The four-camera figures as lines for a terminal."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from monitor.bench.ward import AIM_MS, EXPLAINED_AIM_HZ, WardCosts


def ward_lines(figures: Sequence[WardCosts], cores: int) -> Iterator[str]:
    """What was asked for, and the largest load that was met."""
    asked, last = figures[0], figures[-1]
    yield f"a ward: {asked.cameras} cameras of 640×360 at {asked.fps:g} a second over {asked.over}, {cores} cores"
    for costs in figures:
        yield from _load(costs)
    enough = "met" if asked.explained_hz >= EXPLAINED_AIM_HZ else "missed"
    yield f"  explanations ≥ {EXPLAINED_AIM_HZ} a second and bed: {asked.explained_hz:.2f}, {enough}"
    if asked.met:
        yield f"  p95 ≤ {AIM_MS:.0f} ms and no growing queue: met"
        return
    yield f"  p95 ≤ {AIM_MS:.0f} ms and no growing queue: missed"
    if last.met:
        yield f"  largest load that meets it: {last.cameras} × {last.fps:g} a second"
    used = sum(asked.cpu.values())
    yield f"  what limits it: {used:.2f} of {cores} cores used by the service:"
    for name, share in sorted(asked.cpu.items(), key=lambda item: -item[1]):
        yield f"    {name.ljust(20)} {share:.2f}"


def plain_load(costs: WardCosts) -> dict[str, Any]:
    """One load as plain values, with what is computed of it."""
    values = dataclasses.asdict(costs)
    return values | {"judged_fps": costs.judged_fps, "grows": costs.grows, "met": costs.met}


def _load(costs: WardCosts) -> Iterator[str]:
    latency, ages = costs.latency_ms, costs.ages_ms
    yield (
        f"  {costs.cameras} × {costs.fps:g}: capture to judgement p50 {latency['p50']:.0f}  p95 {latency['p95']:.0f}  "
        f"p99 {latency['p99']:.0f} ms; {costs.judged_fps:.1f} judged a second and camera, "
        f"{costs.batch:.1f} beds a batch, {costs.explained_hz:.2f} explained a second and bed"
    )
    yield "    waiting, p95 of first and second half: " + ", ".join(
        f"{queue} {first:.0f} and {second:.0f} ms" for queue, (first, second) in ages.items()
    )
    yield "    a round: " + ", ".join(f"{stage} {mean:.1f} ms" for stage, mean in costs.stage_ms.items())
    if costs.dropped:
        yield "    dropped: " + ", ".join(f"{cause} {count}" for cause, count in costs.dropped.items())
    yield "    processor seconds a second: " + ", ".join(f"{name} {share:.2f}" for name, share in costs.cpu.items())
