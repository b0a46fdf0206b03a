"""Keeps what C++ libraries print apart from what vigil says, so that an error stays the one line it is."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import sys
from collections.abc import Iterator

WANTED_BY = "VIGIL_NATIVE_LOG"
"""Environment variable with the file that MediaPipe's, FFmpeg's and TensorFlow Lite's own lines are appended to."""


@contextlib.contextmanager
def native_log_apart() -> Iterator[None]:
    """Inside, file descriptor 2 leads to ``$VIGIL_NATIVE_LOG`` or nowhere; ``sys.stderr`` stays where it was."""
    kept = os.dup(2)
    target = os.open(os.environ.get(WANTED_BY) or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    before = sys.stderr
    with os.fdopen(os.dup(kept), "w", buffering=1, encoding="utf-8", errors="backslashreplace") as ours:
        os.dup2(target, 2)
        os.close(target)
        faulthandler.enable(ours)  # a crash inside a library still leaves its trace
        sys.stderr = ours
        try:
            yield
        finally:
            ours.flush()
            sys.stderr = before
            faulthandler.disable()
            os.dup2(kept, 2)
            os.close(kept)
