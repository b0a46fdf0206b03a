"""Signals and other threads' calls, brought into the supervisor's loop: a socket becomes readable, flags say why."""

from __future__ import annotations

import contextlib
import signal
import socket
from types import FrameType


class Signals:
    """From ``__enter__`` on SIGTERM and SIGINT set ``stop``, SIGHUP sets ``reload``. Main thread only, but ``wake``."""

    def __init__(self) -> None:
        self.stop: str | None = None
        self.reload = False
        self._mine, self._theirs = socket.socketpair()
        self._mine.setblocking(False)
        self._theirs.setblocking(False)
        self._before: dict[int, object] = {}
        self._wakeup = -1

    def __enter__(self) -> Signals:
        self._wakeup = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() itself gave
        signal.set_wakeup_fd(self._wakeup)

    def close(self) -> None:
        """Give the sockets back."""
        self._mine.close()
        self._theirs.close()

    def fileno(self) -> int:
        """For ``select``."""
        return self._mine.fileno()

    def wake(self) -> None:
        """Make the loop come round; from any thread, never waits."""
        with contextlib.suppress(OSError):
            self._theirs.send(b"\0")

    def drain(self) -> None:
        """Make ``fileno`` unreadable again."""
        with contextlib.suppress(OSError):
            while self._mine.recv(4096):
                pass

    def _take(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self.reload = True
        else:
            self.stop = signal.Signals(number).name
