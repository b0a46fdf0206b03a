"""The frame path at live pace: pictures come when they are due, and each one's way through is timed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from monitor.clock import perf_s
from monitor.config import VigilSettings
from monitor.records import Frame, Gap
from monitor.replay.assembly import assemble
from monitor.sources.opening import open_source
from monitor.sources.source import Source
from monitor.stage_clock import Durations


class PacedSource:
    """Gives the pictures of ``source`` in real time; ``due_s`` is when the last one was asked for.

    A picture that is overdue is given at once, so a slow consumer runs late but loses nothing.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.due_s = 0.0

    def frames(self) -> Iterator[Frame | Gap]:
        """The pictures, each not before its time."""
        wait = Event().wait
        began = perf_s()
        pictures = self._source.frames()
        at_s = 0.0
        step_s = 1.0 / (self._source.info.fps or 25.0)
        try:
            while True:
                wait(max(0.0, began + at_s - perf_s()))
                self.due_s = perf_s()
                seen = next(pictures, None)
                if seen is None:
                    return
                at_s = seen.captured_s + step_s
                yield seen
        finally:
            close = getattr(pictures, "close", None)
            if close is not None:
                close()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceCosts:
    """Milliseconds from a picture's moment to its judgement, without and with the sidecar at work."""

    frames: int
    without_ms: dict[str, float]
    with_ms: dict[str, float] | None
    explained: int
    dropped: dict[str, int]

    @property
    def p99_ratio(self) -> float | None:
        """The 99th percentile with the sidecar against without; None when the sidecar could not start."""
        return None if self.with_ms is None else self.with_ms["p99"] / self.without_ms["p99"]


def pace_costs(recording: Path, bundle: Path, settings: VigilSettings, *, rounds: int) -> PaceCosts:
    """Play ``recording`` at its own pace, in turn without and with the sidecar, ``rounds`` times each."""
    latency = {False: Durations(), True: Durations()}
    explained = 0
    dropped: dict[str, int] = {}
    sidecar = True
    for _ in range(rounds):
        for explain in (False, True):
            with ExitStack() as stack:
                source = open_source(recording, settings.source)
                stack.callback(source.close)
                paced = PacedSource(source)
                way = assemble(settings, paced, bundle, stack, explain=explain, live=True)
                if explain and way.explainer is None:
                    sidecar = False
                    continue
                for step in way.pipeline.steps():
                    latency[explain].add((perf_s() - paced.due_s) * 1000.0)
                    explained += bool(step.explanations)
                if way.explainer is not None:
                    for cause, count in way.explainer.stats.dropped.items():
                        dropped[str(cause)] = dropped.get(str(cause), 0) + count
    return PaceCosts(
        frames=latency[False].count,
        without_ms=latency[False].summary(),
        with_ms=latency[True].summary() if sidecar else None,
        explained=explained,
        dropped=dropped,
    )
