"""One service a state directory: two of them would give the same numbers to different alerts."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from monitor.errors import OutputError, ServiceUnavailable


class StateLock:
    """Held from construction to ``close`` or the end of the process, however it ends.

    ServiceUnavailable when another service holds it, OutputError when it cannot be made; on a full or read-only disk
    the service starts without it, since alerts must go out.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "lock"
        self._handle = -1
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            if error.errno in (errno.EROFS, errno.ENOSPC, errno.EDQUOT):
                return
            raise OutputError(f"{path}: {error.strerror or error}") from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            raise ServiceUnavailable(
                f"{folder}: another service keeps its state here; stop it first, or give --state-dir another folder"
            ) from error

    def close(self) -> None:
        """Let another service in."""
        if self._handle >= 0:
            os.close(self._handle)
