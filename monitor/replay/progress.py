"""The progress bar of a replay: pictures, speed against real time, time left. On a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from monitor.clock import now_s
from monitor.pipeline import Step
from monitor.records import Level, Record
from monitor.report import words

_EVERY_S = 0.2


class ReplayProgress:
    """Consumer that shows a bar on stderr when that is a terminal; ``total`` is the expected number of pictures."""

    def __init__(self, name: str, total: int | None, clock: Callable[[], float] = now_s) -> None:
        self._clock = clock
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[judged]}"),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
            transient=True,
        )
        self._task = self._progress.add_task(name, total=total, speed="", judged="")
        self._began_s: float | None = None
        self._first_s = 0.0
        self._shown_s = 0.0
        self._pending = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def take(self, step: Step) -> None:
        """Advance by one picture; the screen is touched a few times a second only."""
        now = self._clock()
        at_s = step.seen.captured_s
        if self._began_s is None:
            self._began_s, self._first_s = now, at_s
        self._pending += 1
        if now - self._shown_s < _EVERY_S:
            return
        passed_s = now - self._began_s
        speed = f"{(at_s - self._first_s) / passed_s:.1f}× real time" if passed_s > 1 else ""
        level = step.assessment.level
        judged = f"at {words.clock(at_s)}: {words.LEVEL[level]}"
        if level is not Level.UNASSESSABLE and step.assessment.score is not None:
            judged += f" {step.assessment.score:.2f}"
        self._progress.update(self._task, advance=self._pending, speed=speed, judged=judged)
        self._pending, self._shown_s = 0, now

    def end(self, records: Sequence[Record]) -> None:
        """Nothing left to show."""
