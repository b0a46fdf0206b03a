"""Milliseconds a frame of every stage of a real replay, against the bare libraries in the same run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.bundle import open_bundle
from monitor.bench.bare import bare_loop
from monitor.config import VigilSettings
from monitor.face.assets import locate
from monitor.replay.run import BESIDE, ReplayRequest, replay

STAGES = ("decode", "landmarks", "crop", "classify", "judge", "write")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCosts:
    """Milliseconds a frame of vigil's ``STAGES`` and of those the bare loop has, for one picture size.

    ``decode`` in ``stages_ms`` is how long a frame's way waits for its picture; ``decoding_ms`` is the decoding itself,
    which runs ahead in a thread of its own.
    """

    size: tuple[int, int]
    frames: int
    stages_ms: dict[str, float]
    decoding_ms: float
    bare_ms: dict[str, float]
    speed_x_realtime: float

    @property
    def sum_ms(self) -> float:
        """All stages on a frame's way: what a frame takes."""
        return sum(self.stages_ms.values())

    @property
    def work_sum_ms(self) -> float:
        """The same with the whole of decoding in place of the wait for it."""
        return self.sum_ms - self.stages_ms["decode"] + self.decoding_ms

    @property
    def bare_sum_ms(self) -> float:
        """All bare stages of a frame together: the work alone, without the loop around it."""
        return sum(self.bare_ms.values())

    @property
    def ratio(self) -> float:
        """What a frame takes against the bare sum."""
        return self.sum_ms / self.bare_sum_ms

    @property
    def work_ratio(self) -> float:
        """All work for a frame, also that beside its way, against the bare sum."""
        return self.work_sum_ms / self.bare_sum_ms


def stage_costs(
    recording: Path, size: tuple[int, int], bundle: Path, settings: VigilSettings, out: Path, *, rounds: int
) -> StageCosts:
    """Measure both ways in turn, ``rounds`` times each, and keep the faster round of each (the machine has other work).

    No explanations: the side branch is measured at live pace.
    """
    asset = locate(settings.landmarker)
    opened = open_bundle(bundle)
    bare: list[dict[str, float]] = []
    ours: list[dict[str, float]] = []
    frames, speed = 0, 0.0
    for number in range(rounds):
        bare.append(bare_loop(recording, asset, opened, faces=1, threads=settings.classifier.threads))
        summary = replay(
            ReplayRequest(
                video=recording, out=out / f"{size[0]}-{number}", settings=settings, bundle=bundle, explain=False
            ),
            lambda line: None,
        )
        frames = int(summary["frames"])
        speed = max(speed, float(summary["speed_x_realtime"]))
        ours.append({stage: _a_frame(summary, stage) for stage in (*STAGES, BESIDE)})
    best = min(ours, key=lambda stages: sum(stages[stage] for stage in STAGES))
    return StageCosts(
        size=size,
        frames=frames,
        decoding_ms=best.pop(BESIDE),
        stages_ms=best,
        bare_ms=min(bare, key=lambda stages: sum(stages.values())),
        speed_x_realtime=speed,
    )


def _a_frame(summary: dict[str, Any], stage: str) -> float:
    """Milliseconds of ``stage`` by the frames of the run, which not every stage sees."""
    times = summary["stage_ms"].get(stage, {"mean": 0.0, "count": 0})
    return float(times["mean"] * times["count"] / max(int(summary["frames"]), 1))
