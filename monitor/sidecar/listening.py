"""The sidecar service's place in the file system: a Unix socket that nobody outside user and group opens."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from monitor.errors import OutputError, UsageError
from monitor.sidecar.settings import LONGEST_SOCKET_PATH

_BACKLOG = 4
_USER_AND_GROUP = 0o117
"""The umask under which the socket is made: read and write for user and group."""


@contextlib.contextmanager
def bound(path: Path) -> Iterator[socket.socket]:
    """A socket that listens at ``path``, which is taken away afterwards.

    One that a killed service left is replaced. UsageError for a path that is something else, is listened at, or is too
    long; OutputError where none can be made.
    """
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        raise UsageError(f"{path}: longer than {LONGEST_SOCKET_PATH} bytes, no Unix socket can be there")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        _clear(path)
        umask = os.umask(_USER_AND_GROUP)
        try:
            listening.bind(str(path))
        except OSError as error:
            raise OutputError(f"{path}: no socket can be made there: {error.strerror}") from error
        finally:
            os.umask(umask)
        made = path.lstat()
        listening.listen(_BACKLOG)
        try:
            yield listening
        finally:
            with contextlib.suppress(OSError):
                if (path.lstat().st_dev, path.lstat().st_ino) == (made.st_dev, made.st_ino):
                    path.unlink()


def _clear(path: Path) -> None:
    try:
        kind = path.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(kind):
        raise UsageError(f"{path}: exists and is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            with contextlib.suppress(OSError):
                path.unlink()
            return
        except OSError:
            pass
    raise UsageError(f"{path}: somebody listens there already")
