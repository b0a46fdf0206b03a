"""Peak memory of each process of a real ``vigil replay``, and whether memory stays flat over a long one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from monitor.clock import now_s
from monitor.errors import ServiceUnavailable

_EVERY_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryCosts:
    """``peak_mb`` per process; ``slope_mb_per_hour`` of the replay's own memory over its second half, at its own speed.

    ``growth_mb`` is by how much its last tenth lies above the tenth after the middle.
    """

    frames: int
    wall_s: float
    speed_x_realtime: float
    peak_mb: dict[str, float]
    growth_mb: float
    slope_mb_per_hour: float


def memory_costs(
    recording: Path, out: Path, bundle: Path, *, progress: Callable[[float], None] | None = None
) -> MemoryCosts:
    """Replay ``recording`` in a process of its own and watch it and its children; ``progress`` hears seconds gone."""
    arguments = ["replay", str(recording), "--out", str(out), "--model", str(bundle)]
    peaks: dict[str, float] = {}
    samples: list[tuple[float, float]] = []
    with TemporaryFile() as said:
        began = now_s()
        process = subprocess.Popen(
            [sys.executable, "-c", "from monitor.cli import main; main()", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        while process.poll() is None:
            _sample(process.pid, now_s() - began, peaks, samples)
            if progress is not None:
                progress(now_s() - began)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_EVERY_S)
        if process.returncode != 0:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines()
            raise ServiceUnavailable(f"the measured replay failed: {lines[-1] if lines else process.returncode}")
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    growth, slope = flatness(samples)
    return MemoryCosts(
        frames=summary["frames"],
        wall_s=now_s() - began,
        speed_x_realtime=summary["speed_x_realtime"],
        peak_mb=peaks,
        growth_mb=growth,
        slope_mb_per_hour=slope,
    )


def _sample(pid: int, at_s: float, peaks: dict[str, float], samples: list[tuple[float, float]]) -> None:
    """Note the memory of ``pid`` and its descendants."""
    for member in family(pid):
        status = memory_of(member)
        if status is None:
            continue
        role = "replay" if member == pid else _role(member)
        peaks[role] = max(peaks.get(role, 0.0), status["VmHWM"])
        if member == pid:
            samples.append((at_s, status["VmRSS"]))


def memory_of(pid: int) -> dict[str, float] | None:
    """``VmHWM`` (peak) and ``VmRSS`` (now) in MB; None when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    values = {
        name: float(rest.split()[0]) / 1024.0
        for name, _, rest in (line.partition(":") for line in lines)
        if name in {"VmHWM", "VmRSS"}
    }
    return values if len(values) == 2 else None


def family(pid: int) -> list[int]:
    """``pid`` and all its descendants that live now."""
    found = [pid]
    for parent in found:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _role(pid: int) -> str:
    """What a child process is, by its command line."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return "child"
    return "resource tracker" if "resource_tracker" in words else "sidecar"


def flatness(samples: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """(growth in MB, slope in MB an hour) of (seconds, MB) over the second half, without its end.

    The last 5% of the time goes into the report. Fewer than ten samples say nothing: zeros.
    """
    times, sizes = np.array(samples, dtype=np.float64).T if len(samples) else np.zeros((2, 0))
    if times.size < 10:
        return 0.0, 0.0
    keep = (times >= 0.5 * times[-1]) & (times <= 0.95 * times[-1])
    times, sizes = times[keep], sizes[keep]
    tenth = max(1, times.size // 5)
    slope = float(np.polyfit(times, sizes, 1)[0]) * 3600.0
    return float(np.median(sizes[-tenth:]) - np.median(sizes[:tenth])), slope
