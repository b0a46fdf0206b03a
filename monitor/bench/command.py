"""``vigil bench``: what a frame costs on this machine. Prints ratios; never fails over a figure."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer


def bench(
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    seconds: Annotated[float, typer.Option(min=1.0, help="Length of each measured recording.")] = 24.0,
    rounds: Annotated[int, typer.Option(min=1, help="How often each way is measured, in turn.")] = 2,
    long_frames: Annotated[int, typer.Option(min=50, help="Pictures of the long replay for memory.")] = 3000,
    model: Annotated[Path | None, typer.Option(help="Bundle of another network.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings from a TOML or YAML file.")] = None,
    ward_seconds: Annotated[float, typer.Option(min=0.0, help="Length of each measured load of the ward.")] = 60.0,
    ward_only: Annotated[bool, typer.Option("--ward-only", help="Measure four cameras alone.")] = False,
    soak: Annotated[float | None, typer.Option(help="Run four cameras for so many minutes and watch memory.")] = None,
    outages: Annotated[
        float | None, typer.Option(help="Dead cameras, and one that is away for so many seconds.")
    ] = None,
) -> None:
    """Milliseconds a frame per stage against the bare libraries, latency at live pace, memory, a ward of four."""
    if outages is not None:
        _outages(outages, ward_seconds)
        return
    if soak is not None or ward_only:
        _ward_alone(soak, ward_seconds, as_json=as_json)
        return
    from models.bundle import default_bundle
    from monitor.bench.figures import Figures, as_text
    from monitor.bench.memory import memory_costs
    from monitor.bench.pace import pace_costs
    from monitor.bench.recordings import SIZES, bench_recording, looped
    from monitor.bench.stages import stage_costs
    from monitor.bench.ward import ward_figures
    from monitor.bench.ward_text import plain_load, ward_lines
    from monitor.config import load_settings

    settings = load_settings(config, {})
    bundle = model or default_bundle()
    with tempfile.TemporaryDirectory(prefix="vigil-bench-") as name:
        folder = Path(name)
        recordings = []
        for size in SIZES:
            _say(f"making the {size[0]}×{size[1]} recording")
            recordings.append(bench_recording(folder, size, seconds))
        stages = []
        for size, recording in zip(SIZES, recordings, strict=True):
            _say(f"{size[0]}×{size[1]}: stages, and the same libraries bare")
            stages.append(stage_costs(recording, size, bundle, settings, folder, rounds=rounds))
        _say(f"live pace, without and with the sidecar: {2 * rounds * seconds:.0f} s")
        pace = pace_costs(recordings[0], bundle, settings, rounds=rounds)
        _say(f"memory over a replay of {long_frames} pictures")
        memory = memory_costs(looped(recordings[0], folder / "long.mp4", long_frames), folder / "long", bundle)
        ward = ward_figures(folder, seconds=ward_seconds, say=_say) if ward_seconds else ()
    figures = Figures(cores=len(os.sched_getaffinity(0)), stages=tuple(stages), pace=pace, memory=memory)
    if as_json:
        print(json.dumps(plain(figures) | {"ward": [plain_load(costs) for costs in ward]}, indent=2))
        return
    print(as_text(figures))
    if ward:
        print("\n" + "\n".join(ward_lines(ward, figures.cores)))


def _outages(away_s: float, seconds: float) -> None:
    from monitor.bench.outages import outage_costs

    with tempfile.TemporaryDirectory(prefix="vigil-bench-") as name:
        costs = outage_costs(Path(name), seconds=seconds, away_s=away_s, say=_say)
    print("\n".join(costs.lines))


def _ward_alone(soak_min: float | None, seconds: float, *, as_json: bool) -> None:
    from monitor.bench.soak import soak
    from monitor.bench.ward import ward_figures
    from monitor.bench.ward_text import plain_load, ward_lines

    with tempfile.TemporaryDirectory(prefix="vigil-bench-") as name:
        if soak_min is not None:
            soak(Path(name), soak_min, lambda line: print(line, flush=True))
            return
        ward = ward_figures(Path(name), seconds=seconds, say=_say)
    if as_json:
        print(json.dumps([plain_load(costs) for costs in ward], indent=2))
    else:
        print("\n".join(ward_lines(ward, len(os.sched_getaffinity(0)))))


def plain(figures: Any) -> dict[str, Any]:
    """The figures as plain values, with the ratios that the classes compute and the targets they are held to."""
    from monitor.bench.figures import targets

    values: dict[str, Any] = dataclasses.asdict(figures)
    for entry, stage in zip(values["stages"], figures.stages, strict=True):
        entry |= {"sum_ms": stage.sum_ms, "bare_sum_ms": stage.bare_sum_ms, "ratio": stage.ratio}
        entry |= {"work_sum_ms": stage.work_sum_ms, "work_ratio": stage.work_ratio}
    values["pace"]["p99_ratio"] = figures.pace.p99_ratio
    values["targets"] = [dataclasses.asdict(target) | {"met": target.met} for target in targets(figures)]
    return values


def _say(line: str) -> None:
    """What is being measured, on a terminal's error stream only."""
    if sys.stderr.isatty():
        print(f"vigil: {line} …", file=sys.stderr)
