"""What the operating system's complaints about an output mean to a user."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.errors import OutputError, OutputFull

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def output_error(path: Path, error: OSError) -> OutputError:
    """The error to raise for ``error`` while writing ``path``: OutputFull when there is no room, else OutputError."""
    reason = error.strerror or str(error)
    if error.errno in _FULL:
        return OutputFull(f"{path}: cannot write on: {reason}; what was written before is kept")
    return OutputError(f"{path}: cannot write: {reason}")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the operating system's errors inside the block into ``output_error``."""
    try:
        yield
    except OSError as error:
        raise output_error(path, error) from error
