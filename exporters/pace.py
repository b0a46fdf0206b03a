"""Milliseconds a crop of several graphs, taken in turns, so that what else the machine does slows all of them alike."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from exporters.graph import INPUT
from exporters.parity import cpu_session
from models.bundle import Precision

THREADS = (1, 2)
_ROUNDS, _WARM = 120, 5


def pace(graphs: Mapping[Precision, Path], crop: NDArray[np.float32]) -> dict[Precision, dict[str, dict[str, float]]]:
    """{precision: {threads: {wall_ms, cpu_ms, ratio}}} at batch 1 for ``crop`` (1, C, S, S), over 120 rounds.

    ``cpu_ms`` is the median processor time of all threads, ``ratio`` its share of float32's; ``wall_ms`` is that of
    the fastest tenth of the rounds, since other work on the machine can only add to it.
    """
    found: dict[Precision, dict[str, dict[str, float]]] = {precision: {} for precision in graphs}
    for threads in THREADS:
        sessions = {precision: cpu_session(graph, threads) for precision, graph in graphs.items()}
        wall = {precision: np.zeros(_ROUNDS) for precision in graphs}
        cpu = {precision: np.zeros(_ROUNDS) for precision in graphs}
        for turn in range(-_WARM, _ROUNDS):
            for precision, session in sessions.items():
                session.run(None, {INPUT: crop})  # the others' turns emptied the caches
                wall_s, cpu_s = time.perf_counter(), time.process_time()
                session.run(None, {INPUT: crop})
                if turn >= 0:
                    wall[precision][turn] = time.perf_counter() - wall_s
                    cpu[precision][turn] = time.process_time() - cpu_s
        for precision in graphs:
            found[precision][str(threads)] = {
                "wall_ms": round(float(np.quantile(wall[precision], 0.1)) * 1e3, 3),
                "cpu_ms": round(float(np.median(cpu[precision])) * 1e3, 3),
                "ratio": round(float(np.median(cpu[precision]) / np.median(cpu[Precision.FLOAT32])), 3),
            }
    return found
