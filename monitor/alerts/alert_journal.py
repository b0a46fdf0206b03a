"""The alert journal, written: one transition a line, appended, forced onto the disk, turned over by size.

A killed program loses no line that ``write`` returned from. A line that a power cut tore is kept and marked, so that
the reader can tell it from damage.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from monitor.alerts.transition import Transition
from monitor.errors import ConfigurationError
from monitor.storage.append_only import EVERY_FAILURE_COUNTS, AppendOnlyFile, WhenFull, sync_folder
from monitor.storage.encoding import plain
from monitor.storage.output_errors import writing

FORMAT = "vigil-alerts"
VERSION = 1
SMALLEST_TURN = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertJournalSettings:
    """``turn_bytes``: from this size on the journal is renamed (``NAME.0001.jsonl``, …) and begun anew."""

    turn_bytes: int = 16 << 20

    def __post_init__(self) -> None:
        if self.turn_bytes < SMALLEST_TURN:
            raise ConfigurationError(f"alerts.journal.turn_bytes: must be >= {SMALLEST_TURN}, got {self.turn_bytes}")


class AlertJournal:
    """Append-only file of transitions. OutputError when it cannot be opened or written, OutputFull without room."""

    def __init__(self, path: Path, settings: AlertJournalSettings | None = None) -> None:
        self.path = path
        self._settings = settings or AlertJournalSettings()
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: AppendOnlyFile | None = self._opened()

    def write(self, transitions: Iterable[Transition]) -> None:
        """Append ``transitions``; on the disk when this returns, if an alert is among them (else with the next)."""
        batch = list(transitions)
        if not batch:
            return
        with writing(self.path):
            file = self._current()
            file.append(b"".join(transition_line(entry) for entry in batch))
            if any(entry.alert_id is not None for entry in batch):
                file.sync()

    def close(self) -> None:
        """Force everything onto the disk and close. Closing twice is harmless."""
        file, self._file = self._file, None
        if file is not None:
            with writing(self.path):
                file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _current(self) -> AppendOnlyFile:
        """The file to write, turned over when it is large; where that failed before, it is tried again."""
        if self._file is not None and self._file.size >= self._settings.turn_bytes:
            self.close()
            self.path.rename(_next_name(self.path))
            sync_folder(self.path.parent)
        if self._file is None:
            self._file = self._opened()
        return self._file

    def _opened(self) -> AppendOnlyFile:
        file = AppendOnlyFile(self.path, mode=0o640, when_full=WhenFull.KEEP_NOTHING, tolerated=EVERY_FAILURE_COUNTS)
        try:
            if file.size == 0:
                file.append(_line({"format": FORMAT, "version": VERSION}))
                sync_folder(self.path.parent)
            elif file.ends_in_a_torn_line():
                file.append(b"\n" + _line({"torn_before": True}))
            file.sync()
        except OSError:
            with suppress(OSError):
                file.close()
            raise
        return file


def transition_line(transition: Transition) -> bytes:
    """One line of UTF-8 JSON: what is unknown or empty is left out."""
    values = plain(transition)
    return _line({key: value for key, value in values.items() if value not in (None, "")})


def _line(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n").encode()


def _next_name(path: Path) -> Path:
    numbers = [
        int(number)
        for sibling in path.parent.glob(f"{path.stem}.*{path.suffix}")
        if (number := sibling.name[len(path.stem) + 1 : -len(path.suffix) or None]).isdigit()
    ]
    return path.with_name(f"{path.stem}.{max(numbers, default=0) + 1:04d}{path.suffix}")
