"""The alert journal, written: one transition a line, appended, forced onto the disk, turned over by size.

A killed program loses no line that ``write`` returned from. A line that a power cut tore is kept and marked, so that
the reader can tell it from damage.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from monitor.alerts.transition import Transition
from monitor.errors import ConfigurationError
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
        self._handle = -1
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open()

    def write(self, transitions: Iterable[Transition]) -> None:
        """Append ``transitions``; on the disk when this returns, if an alert is among them (else with the next)."""
        batch = list(transitions)
        if not batch:
            return
        with writing(self.path):
            if self._size >= self._settings.turn_bytes:
                self._turn()
            self._append(b"".join(transition_line(entry) for entry in batch))
            if any(entry.alert_id is not None for entry in batch):
                os.fsync(self._handle)

    def close(self) -> None:
        """Force everything onto the disk and close. Closing twice is harmless."""
        if self._handle < 0:
            return
        handle, self._handle = self._handle, -1
        with writing(self.path):
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> None:
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self._size = os.fstat(self._handle).st_size
        if self._size == 0:
            self._append(_line({"format": FORMAT, "version": VERSION}))
            _sync_folder(self.path.parent)
        elif os.pread(self._handle, 1, self._size - 1) != b"\n":
            self._append(b"\n" + _line({"torn_before": True}))
        os.fsync(self._handle)

    def _append(self, payload: bytes) -> None:
        """Write everything or nothing: what did not fit is cut off again."""
        written = 0
        try:
            while written < len(payload):
                written += os.write(self._handle, payload[written:])
        except OSError:
            os.ftruncate(self._handle, self._size)
            raise
        self._size += written

    def _turn(self) -> None:
        self.close()
        self.path.rename(_next_name(self.path))
        _sync_folder(self.path.parent)
        self._open()


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


def _sync_folder(folder: Path) -> None:
    """A new name is on the disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
