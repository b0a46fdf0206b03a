"""The journal: every record that flowed, one JSON object a line, in the order it flowed.

A line is either there in full or not at all, also when the disk fills up or the process is killed.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.baseline_change import BaselineChange
from monitor.records import AlertSignal, Record
from monitor.storage.output_errors import output_error, writing
from monitor.storage.record_line import record_line

_NOT_SYNCABLE = {errno.EINVAL, errno.ENOTSUP}
"""Pipes and devices cannot be forced onto a disk; that is no failure."""


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
        self._size = 0
        with writing(path):
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            self._size = os.fstat(self._handle).st_size

    def write(self, records: Iterable[Record | BaselineChange]) -> None:
        """Append ``records``. OutputFull when there is no room: the lines that fit stay, none is torn."""
        batch = list(records)
        lines = [record_line(record) for record in batch]
        if not lines:
            return
        try:
            self._append(b"".join(lines))
            if self._settings.fsync is Fsync.ALWAYS or (
                self._settings.fsync is Fsync.ON_SIGNALS and any(isinstance(r, AlertSignal) for r in batch)
            ):
                _sync(self._handle)
        except OSError as error:
            raise output_error(self.path, error) from error
        self.lines += len(lines)

    def _append(self, payload: bytes) -> None:
        written = 0
        try:
            while written < len(payload):
                written += os.write(self._handle, payload[written:])
        except OSError:
            whole = payload[:written].rfind(b"\n") + 1
            if whole < written:
                os.ftruncate(self._handle, self._size + whole)
            self._size += whole
            raise
        self._size += written

    def close(self) -> None:
        """Force everything onto the disk and close. Closing twice is harmless."""
        if self._handle < 0:
            return
        handle, self._handle = self._handle, -1
        with writing(self.path):
            try:
                _sync(handle)
            finally:
                os.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _sync(handle: int) -> None:
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NOT_SYNCABLE:
            raise
