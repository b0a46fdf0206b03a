"""All figures of one bench run, and how they are printed: each beside what it is aimed at."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.bench.memory import MemoryCosts
from monitor.bench.pace import PaceCosts
from monitor.bench.stages import STAGES, StageCosts

RATIO_AIM = 1.15
P99_AIM = 1.25
P99_CORES = 2
GROWTH_AIM_MB = 1.0
"""Memory counts as flat when its last tenth lies less than this above the tenth after the middle."""


@dataclass(frozen=True, slots=True)
class Target:
    """A figure and the most it may be; ``value`` is None where it could not be measured."""

    name: str
    value: float | None
    at_most: float

    @property
    def met(self) -> bool | None:
        """Whether the figure, rounded as printed, keeps to its target; None when nobody knows."""
        return None if self.value is None else round(self.value, 2) <= self.at_most


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was measured on ``cores`` processor cores."""

    cores: int
    stages: tuple[StageCosts, ...]
    pace: PaceCosts
    memory: MemoryCosts


def targets(figures: Figures) -> list[Target]:
    """What is aimed at, in the order it is printed."""
    return [
        *(
            Target(f"{name} against bare, {cost.size[0]}×{cost.size[1]}", value, RATIO_AIM)
            for cost in figures.stages
            for name, value in (("a frame's way", cost.ratio), ("all its work", cost.work_ratio))
        ),
        Target(f"p99 with sidecar against without, {P99_CORES} cores", figures.pace.p99_ratio, P99_AIM),
        Target("memory over the second half, MB", figures.memory.growth_mb, GROWTH_AIM_MB),
    ]


def as_text(figures: Figures) -> str:
    """The figures as lines for a terminal."""
    lines = [f"vigil bench on {figures.cores} cores; milliseconds are means a frame, the faster of several rounds", ""]
    lines += _stage_table(figures.stages)
    lines += ["", *_pace_lines(figures.pace), "", *_memory_lines(figures.memory), "", *_target_lines(figures)]
    return "\n".join(lines)


def _stage_table(costs: tuple[StageCosts, ...]) -> list[str]:
    head = ["ms a frame"]
    for cost in costs:
        head += [f"{cost.size[0]}×{cost.size[1]}", "bare"]
    rows = [head]
    for stage in STAGES:
        row = ["wait for the picture" if stage == "decode" else stage]
        for cost in costs:
            bare = "–" if stage not in cost.bare_ms or stage == "decode" else f"{cost.bare_ms[stage]:.2f}"
            row += [f"{cost.stages_ms[stage]:.2f}", bare]
        rows.append(row)
    beside = ["decode (here beside)"]
    total = ["a frame's way (bare: all)"]
    ratio = [f"ratio (aim ≤ {RATIO_AIM})"]
    work = ["all its work"]
    work_ratio = [f"ratio (aim ≤ {RATIO_AIM})"]
    speed = ["speed, × real time"]
    for cost in costs:
        beside += [f"{cost.decoding_ms:.2f}", f"{cost.bare_ms['decode']:.2f}"]
        total += [f"{cost.sum_ms:.2f}", f"{cost.bare_sum_ms:.2f}"]
        ratio += [f"{cost.ratio:.2f}", ""]
        work += [f"{cost.work_sum_ms:.2f}", f"{cost.bare_sum_ms:.2f}"]
        work_ratio += [f"{cost.work_ratio:.2f}", ""]
        speed += [f"{cost.speed_x_realtime:.1f}", ""]
    rows += [beside, total, ratio, work, work_ratio, speed]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return [
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width) for column, (cell, width) in enumerate(cells))
        for cells in (list(zip(row, widths, strict=True)) for row in rows)
    ]


def _pace_lines(pace: PaceCosts) -> list[str]:
    lines = [f"live pace, {pace.frames} pictures each: from a picture's moment to its judgement, ms"]
    without = pace.without_ms
    lines.append(f"  without sidecar  p50 {without['p50']:.1f}  p95 {without['p95']:.1f}  p99 {without['p99']:.1f}")
    if pace.with_ms is None or pace.p99_ratio is None:
        return [*lines, "  with sidecar     not measured: the sidecar does not start here"]
    beside = pace.with_ms
    lines.append(f"  with sidecar     p50 {beside['p50']:.1f}  p95 {beside['p95']:.1f}  p99 {beside['p99']:.1f}")
    lines.append(
        f"  p99 ratio {pace.p99_ratio:.2f} (aim ≤ {P99_AIM} on two cores); {pace.explained} explained",
    )
    if pace.dropped:
        lines.append("  dropped by the side branch: " + ", ".join(f"{k} {n}" for k, n in pace.dropped.items()))
    return lines


def _memory_lines(memory: MemoryCosts) -> list[str]:
    peaks = ", ".join(f"{role} {size:.0f} MB" for role, size in memory.peak_mb.items())
    return [
        f"replay with explanations: {memory.frames} pictures in {memory.wall_s:.0f} s, "
        f"{memory.speed_x_realtime:.1f}× real time",
        f"  peak memory: {peaks}",
        f"  second half: {memory.growth_mb:+.1f} MB ({memory.slope_mb_per_hour:+.0f} MB an hour at this speed)",
    ]


def _target_lines(figures: Figures) -> list[str]:
    said = {True: "met", False: "missed", None: "not measured"}
    rows = [
        (target.name, "–" if target.value is None else f"{target.value:.2f}", f"{target.at_most:.2f}", said[target.met])
        for target in targets(figures)
    ]
    wide = max(len(name) for name, *_ in rows)
    return ["targets", *(f"  {name.ljust(wide)}  {value:>6} ≤ {most}  {met}" for name, value, most, met in rows)]
