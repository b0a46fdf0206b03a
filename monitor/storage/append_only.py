"""A file that only grows, line by line: no line is ever torn by a full disk, and what was forced stays."""

from __future__ import annotations

import errno
import os
from collections.abc import Set
from enum import StrEnum
from pathlib import Path

NOT_SYNCABLE = frozenset({errno.EINVAL, errno.ENOTSUP})
"""What forcing a pipe or device onto a disk says; where those are allowed it is no failure."""
EVERY_FAILURE_COUNTS: frozenset[int] = frozenset()
"""Where a line must be on the disk, nothing is passed over."""


class WhenFull(StrEnum):
    """What becomes of a payload that does not fit."""

    KEEP_WHOLE_LINES = "keep_whole_lines"
    KEEP_NOTHING = "keep_nothing"


class AppendOnlyFile:
    """An open file at ``path``, created with ``mode``. Everything raises OSError; what was written before stays.

    ``when_full`` says what is cut off again when a payload does not fit; ``tolerated`` are the error numbers that
    ``sync`` and ``close`` pass over when the system refuses to force the file onto the disk.
    """

    def __init__(
        self, path: Path, *, mode: int, when_full: WhenFull, tolerated: Set[int], readable: bool = True
    ) -> None:
        self.path = path
        self.size = 0
        self._when_full = when_full
        self._tolerated = tolerated
        access = os.O_RDWR if readable else os.O_WRONLY  # a pipe is opened for writing alone
        self._handle = os.open(path, access | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, mode)
        self.size = os.fstat(self._handle).st_size

    def append(self, payload: bytes) -> None:
        """Write ``payload``, whole lines; it has reached the operating system when this returns."""
        written = 0
        try:
            while written < len(payload):
                written += os.write(self._handle, payload[written:])
        except OSError:
            whole = payload[:written].rfind(b"\n") + 1 if self._when_full is WhenFull.KEEP_WHOLE_LINES else 0
            if whole < written:
                os.ftruncate(self._handle, self.size + whole)
            self.size += whole
            raise
        self.size += written

    def ends_in_a_torn_line(self) -> bool:
        """Whether a kill or power cut left an unfinished line at the end."""
        return self.size > 0 and os.pread(self._handle, 1, self.size - 1) != b"\n"

    def sync(self) -> None:
        """Force everything onto the disk."""
        self._sync(self._handle)

    def close(self) -> None:
        """Force everything onto the disk and close. Closing twice is harmless."""
        if self._handle < 0:
            return
        handle, self._handle = self._handle, -1
        try:
            self._sync(handle)
        finally:
            os.close(handle)

    def _sync(self, handle: int) -> None:
        try:
            os.fsync(handle)
        except OSError as error:
            if error.errno not in self._tolerated:
                raise


def sync_folder(folder: Path) -> None:
    """Force the names in ``folder`` onto the disk: a new file is there only when its folder is. OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
