"""The inference process as the supervisor sees it: started, told, watched, ended when silent, started anew."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from monitor.service.child import spawn
from monitor.service.inference.channel import Channel, channel_pair
from monitor.service.inference.messages import (
    Beat,
    Configure,
    Order,
    Ready,
    Refused,
    Report,
    Stop,
    UnreadableMessage,
)
from monitor.signs_of_life import SILENT_S

FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 10.0
GOOD_AFTER_S = 30.0
"""A process that was ready for this long ended for a reason of its own: the back-off begins anew."""
_CLOSING_S = 0.05
_MODULE = "monitor.service.inference.entry"
Told = tuple[Order, Sequence[int]]


class Judging:
    """``setup`` gives all that a new process must be told after ``configure``; afterwards ``tell`` it what changes."""

    def __init__(self, configure: Callable[[], Configure], setup: Callable[[], Iterable[Told]]) -> None:
        self._configure = configure
        self._setup = setup
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._unsent: deque[Told] = deque()
        self._started_s = self._heard_s = self._due_s = 0.0
        self._ready_s: float | None = None
        self._failures = 0
        self._refused: Refused | None = None
        self.restarts = 0
        self.trouble: str | None = None
        self.ready: Ready | None = None
        self.beat: Beat | None = None

    @property
    def pid(self) -> int | None:
        """The process, None while there is none."""
        return None if self._process is None else self._process.pid

    @property
    def channel(self) -> Channel | None:
        """For ``select``; None while there is no process."""
        return self._channel

    def silent_s(self, now_s: float) -> float:
        """How long nothing has been heard of it."""
        return now_s - self._heard_s

    def stands_still(self, now_s: float) -> bool:
        """Whether it judged and has given no sign for half of what ends it: people hear of that before it ends."""
        return self.ready is not None and self.silent_s(now_s) > self._configure().inference.stalled_after_s / 2

    def ready_for_s(self, now_s: float) -> float:
        """How long it has been ready, 0 while it is not."""
        return 0.0 if self._ready_s is None or self.ready is None else now_s - self._ready_s

    def start(self, now_s: float) -> None:
        """Start the process; it loads its networks while this goes on."""
        self._channel, theirs = channel_pair()
        try:
            self._process = spawn(_MODULE, [str(theirs.fileno())], [theirs.fileno()])
        except OSError as error:
            self._channel.close()
            self._channel, self.trouble = None, f"cannot be started: {error.strerror}"
            self._plan_restart(now_s)
            return
        finally:
            theirs.close()
        self._started_s = self._heard_s = now_s
        self._ready_s, self.ready, self.beat, self._refused = None, None, None, None
        self._unsent = deque([(self._configure(), ()), *self._setup()])
        self._flush()

    def tell(self, order: Order, descriptors: Sequence[int] = ()) -> None:
        """Hand ``order`` over; a process that starts later is told by ``setup``."""
        if self._channel is not None:
            self._unsent.append((order, descriptors))
            self._flush()

    def receive(self, now_s: float) -> list[Report]:
        """What it said since the last call, in order."""
        reports: list[Report] = []
        while self._channel is not None:
            try:
                received: tuple[Any, list[int]] | None = self._channel.receive()
            except EOFError:
                self._end(now_s, None)
                break
            except UnreadableMessage as error:
                self._end(now_s, str(error))
                break
            if received is None:
                break
            report = received[0]
            self._heard_s = now_s
            if isinstance(report, Ready):
                self.ready, self._ready_s = report, now_s
            elif isinstance(report, Refused):
                self._refused = report
            elif isinstance(report, Beat):
                self.beat = report
            reports.append(report)
        return reports

    def step(self, now_s: float) -> None:
        """Watch it: end one that is silent, start one that is due."""
        configure = self._configure()
        if self._process is None:
            if now_s >= self._due_s:
                self.restarts += 1
                self.start(now_s)
            return
        self._flush()
        if self._process.poll() is not None:
            self.receive(now_s)
            if self._process is not None:
                self._end(now_s, None)
            return
        settings = configure.inference
        longest_s = min(SILENT_S, settings.start_timeout_s) if self.ready is None else settings.stalled_after_s
        if self.silent_s(now_s) > longest_s:
            self._end(now_s, f"gave no sign of life for {longest_s:g} s and was ended")
        elif self.ready is None and now_s - self._started_s > settings.start_timeout_s:
            self._end(now_s, f"was not ready within {settings.start_timeout_s:g} s and was ended")
        elif self._ready_s is not None and now_s - self._ready_s > GOOD_AFTER_S:
            self._failures = 0

    def stop(self) -> None:
        """Ask it to hand back what it learned and end; ``close`` makes sure."""
        self.tell(Stop())

    def close_after(self, timeout_s: float, hear: Callable[[], None]) -> None:
        """Give it ``timeout_s`` to end, calling ``hear`` for its last words, then end it."""
        process = self._process
        steps = max(1, round(timeout_s / _CLOSING_S))
        while process is not None and self._process is not None and process.poll() is None and steps:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_CLOSING_S)
            hear()
            steps -= 1
        hear()
        self._process = None
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _flush(self) -> None:
        while self._unsent and self._channel is not None:
            order, descriptors = self._unsent[0]
            if not self._channel.send(order, descriptors):
                return
            self._unsent.popleft()

    def _end(self, now_s: float, why: str | None) -> None:
        """It is gone, or has to go."""
        process, self._process = self._process, None
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if process is not None:
            if why is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(1.0)
            if process.poll() is None:
                process.kill()
            process.wait()
            why = why or (self._refused.reason if self._refused else _how_ended(process.returncode))
        self.ready = self.beat = None
        self._unsent.clear()
        self.trouble = why
        self._plan_restart(now_s)

    def _plan_restart(self, now_s: float) -> None:
        self._due_s = now_s + min(FIRST_BACKOFF_S * 2.0**self._failures, LONGEST_BACKOFF_S)
        self._failures = min(self._failures + 1, 16)


def _how_ended(returncode: int) -> str:
    if returncode < 0:
        with contextlib.suppress(ValueError):
            return f"ended by {signal.Signals(-returncode).name}"
    return f"ended with status {returncode}"
