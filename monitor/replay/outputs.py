"""What a replay writes, from the first record to the last page; what fits is kept when the disk fills up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from monitor.baseline_change import BaselineChange
from monitor.config import ReportSettings
from monitor.errors import OutputError
from monitor.pipeline import Step
from monitor.records import Record
from monitor.replay.annotated import AnnotatedRecording
from monitor.report.alert_ledger import AlertLedger
from monitor.report.gallery import Gallery
from monitor.report.page import ReportContent, render
from monitor.report.script import Scene
from monitor.report.timeline_png import timeline_png
from monitor.report.totals import Totals
from monitor.report.trace import Trace
from monitor.storage import run_folder
from monitor.storage.encoding import document
from monitor.storage.frame_table import FrameTable
from monitor.storage.journal import Journal, JournalSettings
from monitor.storage.run_folder import RunFolder


class Closeable(Protocol):
    """Something that finishes its file."""

    def close(self) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is only known at the end: the page's title and notes, the model card, the rest of ``summary.json``."""

    title: str
    card: str
    notes: Sequence[str]
    scenes: Sequence[Scene]
    thresholds: Sequence[tuple[str, float]]
    summarise: Callable[[Totals, AlertLedger], dict[str, Any]]


class ReplayOutputs:
    """Consumer over all consumers of a replay. ``finish`` must be called exactly once, whatever happened before."""

    def __init__(
        self,
        folder: RunFolder,
        *,
        labels: tuple[Sequence[str], Sequence[str]],
        fps: float | None,
        annotate: bool,
        journal: JournalSettings,
        report: ReportSettings,
        baseline_changes: Sequence[BaselineChange] = (),
    ) -> None:
        """``baseline_changes`` is a list that grows while the recording is judged; it is journalled step by step."""
        self.folder = folder
        self.totals = Totals()
        self.ledger = AlertLedger()
        self._baseline_changes = baseline_changes
        self._journalled_changes = 0
        self._trace = Trace()
        self._gallery = Gallery(pixels=report.pixels)
        self._journal = Journal(folder / run_folder.JOURNAL, journal)
        self._table = FrameTable(folder / run_folder.FRAMES, *labels)
        self._recording = (
            AnnotatedRecording(folder / run_folder.ANNOTATED, fps, pixels=report.pixels) if annotate else None
        )

    def take(self, step: Step) -> None:
        """Journal first, so that nothing is counted or drawn that is not written."""
        self._journal.write(step.records())
        if len(self._baseline_changes) > self._journalled_changes:
            self._journal.write(self._baseline_changes[self._journalled_changes :])
            self._journalled_changes = len(self._baseline_changes)
        for counter in (self.totals, self.ledger, self._trace, self._gallery):
            counter.take(step)
        self._table.take(step)
        if self._recording is not None:
            self._recording.take(step)

    def end(self, records: Sequence[Record]) -> None:
        """Journal and count what came after the last picture."""
        self._journal.write(records)
        for counter in (self.totals, self.ledger, self._trace, self._gallery):
            counter.end(records)

    def finish(self, ending: Ending) -> list[OutputError]:
        """Complete every file; those that could not be completed come back as errors, the others are whole.

        ``summary.json`` and ``alerts.json`` come first: they are small and matter most when room is short.
        """
        failures: list[OutputError] = []

        def attempt(action: Callable[[], object], leftover: str | None = None) -> None:
            try:
                action()
            except OutputError as error:
                failures.append(error)
                if leftover is not None:
                    Path(self.folder / leftover).unlink(missing_ok=True)

        attempt(self.folder.release_reserve)
        attempt(self._journal.close)
        summary = ending.summarise(self.totals, self.ledger)
        entries = self.ledger.entries
        attempt(lambda: self.folder.write(run_folder.ALERTS, document([entry.detail() for entry in entries])))
        attempt(lambda: self.folder.write(run_folder.SUMMARY, document(summary)))
        attempt(self._table.close, run_folder.FRAMES)
        if self._recording is not None:
            attempt(self._recording.close, run_folder.ANNOTATED)
        attempt(
            lambda: self.folder.write(
                run_folder.TIMELINE,
                timeline_png(self._trace, entries, ending.scenes, ending.thresholds, ending.title),
            )
        )
        attempt(
            lambda: self.folder.write(
                run_folder.REPORT,
                render(
                    ReportContent(
                        title=ending.title,
                        summary=summary,
                        totals=self.totals,
                        trace=self._trace,
                        alerts=entries,
                        gallery=self._gallery,
                        card=ending.card,
                        scenes=ending.scenes,
                        thresholds=ending.thresholds,
                        notes=ending.notes,
                    )
                ),
            )
        )
        return failures
