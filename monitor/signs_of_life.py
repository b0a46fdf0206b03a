"""Signs of life of a process that still loads its libraries and networks, from a thread of its own.

Loading may take minutes on a slow machine, a process that was stopped takes for ever: whoever waits tells them apart.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Self

EVERY_S = 1.0
SILENT_S = 25.0
"""A process that still loads and gives no sign for this long is ended. Libraries may hold up every thread for some."""


class SignsOfLife:
    """Calls ``send`` at once and every second, until ``stop`` or until it raises OSError (nobody listens any more)."""

    def __init__(self, send: Callable[[], object]) -> None:
        self._send = send
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="signs of life", daemon=True)

    def stop(self) -> None:
        """None is sent any more when this returns. May be called twice."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while not self._over.is_set():
                self._send()
                self._over.wait(EVERY_S)
