"""``vigil run`` with four cameras for as long as asked: memory and descriptors of every process, and their slope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import numpy as np

from monitor.bench.memory import memory_of
from monitor.bench.ward import FILM_S, ward_cameras, ward_settings
from monitor.bench.ward_run import WardRun, descriptors
from monitor.clock import now_s

CAMERAS, FPS = 4, 15.0
SETTLE_SHARE = 0.2
"""Share of the time, at the beginning, that no slope is taken of."""


@dataclass(slots=True)
class Soaked:
    """One process: (minutes, MB) and (minutes, descriptors), and how many processes it has been."""

    memory: list[tuple[float, float]] = field(default_factory=list)
    descriptors: list[tuple[float, float]] = field(default_factory=list)
    pids: set[int] = field(default_factory=set)


def soak(folder: Path, minutes: float, say: Callable[[str], None], *, every_s: float = 60.0) -> dict[str, Soaked]:
    """Run for ``minutes`` and ``say`` a line a process every ``every_s`` seconds, at the end the slopes."""
    found: dict[str, Soaked] = {}
    with ExitStack() as stack:
        over, sources = stack.enter_context(ward_cameras(folder, CAMERAS, FPS, FILM_S))
        run = stack.enter_context(WardRun(folder / "soak", ward_settings(sources)))
        run.wait_until_judging(explaining=False)
        say(f"{CAMERAS} cameras over {over} for {minutes:g} minutes")
        began_s, number = now_s(), 0
        while now_s() - began_s < minutes * 60.0:
            at_min = (now_s() - began_s) / 60.0
            status = run.status()
            if status is None:
                say(f"{at_min:6.1f} min: /status does not answer ({run.last_words()})")
            else:
                for line in _look(status["processes"], at_min, found):
                    say(line)
                say(f"{at_min:6.1f} min  troubles: {status['troubles'] or 'none'}")
            number += 1
            Event().wait(max(0.0, min(began_s + number * every_s, began_s + minutes * 60.0) - now_s()))
    for line in slopes(found):
        say(line)
    return found


def _look(processes: Sequence[dict[str, object]], at_min: float, found: dict[str, Soaked]) -> list[str]:
    lines = []
    for row in processes:
        name, pid = str(row["name"]), row["pid"]
        memory = memory_of(pid) if isinstance(pid, int) else None
        if memory is None or not isinstance(pid, int):
            lines.append(f"{at_min:6.1f} min  {name.ljust(20)} does not run")
            continue
        seen = found.setdefault(name, Soaked())
        seen.pids.add(pid)
        seen.memory.append((at_min, memory["VmRSS"]))
        seen.descriptors.append((at_min, float(descriptors(pid))))
        lines.append(
            f"{at_min:6.1f} min  {name.ljust(20)} pid {pid:7d}  {memory['VmRSS']:8.1f} MB  "
            f"{seen.descriptors[-1][1]:4.0f} descriptors  {row['restarts']} restarts"
        )
    return lines


def slopes(found: dict[str, Soaked]) -> list[str]:
    """A line a process: growth an hour of memory and descriptors after the beginning."""
    lines = ["slope an hour, without the first fifth:"]
    for name, seen in found.items():
        memory, files = _slope(seen.memory), _slope(seen.descriptors)
        processes = "" if len(seen.pids) == 1 else f"  ({len(seen.pids)} processes)"
        lines.append(f"  {name.ljust(20)} {memory:+8.2f} MB  {files:+6.2f} descriptors{processes}")
    return lines


def _slope(samples: Sequence[tuple[float, float]]) -> float:
    kept = [sample for sample in samples if sample[0] >= SETTLE_SHARE * samples[-1][0]]
    if len(kept) < 3:
        return 0.0
    times, values = np.array(kept, dtype=np.float64).T
    return float(np.polyfit(times, values, 1)[0]) * 60.0
