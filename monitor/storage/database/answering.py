"""A server that accepts and says nothing (stopped, swapping, behind a dead network) must not hold up who asks it."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import weakref
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, event

from monitor.clock import now_s

REST_TIMES = 10.0
"""After a wait in vain the server is left alone for so many times as long."""


class Answering:
    """Breaks connections of its engines off where a transaction takes longer than ``answer_s``; the driver then fails.

    One transaction at a time, as ``Transactions`` has it. ``resting`` says that it should not even be tried.
    """

    def __init__(self, answer_s: float) -> None:
        self._answer_s = answer_s
        self._connections: weakref.WeakSet[Any] = weakref.WeakSet()
        self._due_s: float | None = None
        self._rested_s = float("-inf")
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="database answers", daemon=True)
        self._thread.start()

    @property
    def resting(self) -> bool:
        """Whether the server is left alone now."""
        return now_s() < self._rested_s

    def watch(self, engine: Engine) -> None:
        """Also this engine's connections, of which there is none yet, or which idle."""

        @event.listens_for(engine, "connect")
        def connected(connection: Any, record: Any) -> None:
            self._connections.add(connection)

        engine.dispose()

    @contextlib.contextmanager
    def limited(self) -> Iterator[None]:
        """The block is one transaction."""
        begun_s = now_s()
        self._expect(begun_s + self._answer_s)
        try:
            yield
        except BaseException:
            took_s = now_s() - begun_s
            if took_s > self._answer_s / 2:
                self._rested_s = now_s() + REST_TIMES * took_s
            raise
        finally:
            self._expect(None)

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _expect(self, due_s: float | None) -> None:
        with self._changed:
            self._due_s = due_s
            if due_s is not None:
                self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while not self._closing:
                due_s = self._due_s
                if due_s is None:
                    self._changed.wait()
                elif (left_s := due_s - now_s()) > 0:
                    self._changed.wait(left_s)
                else:
                    self._due_s = None
                    self._break_off()

    def _break_off(self) -> None:
        for connection in tuple(self._connections):
            with contextlib.suppress(Exception), socket.socket(fileno=os.dup(connection.fileno())) as end:
                end.shutdown(socket.SHUT_RDWR)
