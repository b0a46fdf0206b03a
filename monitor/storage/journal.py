"""The journal: every record that flowed, one JSON object a line, in the order it flowed.

A line is either there in full or not at all, also when the disk fills up or the process is killed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.baseline_change import BaselineChange
from monitor.records import AlertSignal, Record
from monitor.storage.append_only import NOT_SYNCABLE, AppendOnlyFile, WhenFull
from monitor.storage.output_errors import writing
from monitor.storage.record_line import record_line


class Fsync(StrEnum):
    """When written lines are forced onto the disk."""

    AT_END = "at_end"
    ON_SIGNALS = "on_signals"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSettings:
    """``fsync``: after every frame, after each alert signal (default), or once at the end."""

    fsync: Fsync = Fsync.ON_SIGNALS


class Journal:
    """Append-only file of records. Each ``write`` reaches the operating system before it returns."""

    def __init__(self, path: Path, settings: JournalSettings | None = None) -> None:
        self.path = path
        self.lines = 0
        self._settings = settings or JournalSettings()
        with writing(path):
            self._file = AppendOnlyFile(
                path, mode=0o644, when_full=WhenFull.KEEP_WHOLE_LINES, tolerated=NOT_SYNCABLE, readable=False
            )

    def write(self, records: Iterable[Record | BaselineChange]) -> None:
        """Append ``records``. OutputFull when there is no room: the lines that fit stay, none is torn."""
        batch = list(records)
        lines = [record_line(record) for record in batch]
        if not lines:
            return
        with writing(self.path):
            self._file.append(b"".join(lines))
            if self._settings.fsync is Fsync.ALWAYS or (
                self._settings.fsync is Fsync.ON_SIGNALS and any(isinstance(r, AlertSignal) for r in batch)
            ):
                self._file.sync()
        self.lines += len(lines)

    def close(self) -> None:
        """Force everything onto the disk and close. Closing twice is harmless."""
        with writing(self.path):
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
