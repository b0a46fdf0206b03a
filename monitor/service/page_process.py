"""The page's process as the supervisor sees it: started, told, watched, ended when silent, started anew.

Nothing here waits for it, and nothing is kept for it: what it does not take now is told again, or is out of date.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Callable, Sequence

from monitor.service.child import spawn
from monitor.service.packets import packet_pair
from monitor.service.page_messages import (
    Alive,
    CannotServe,
    EndPage,
    PageChannel,
    PageOrder,
    PageReport,
    SetUp,
    UnreadablePageMessage,
)
from monitor.signs_of_life import SILENT_S

STALLED_AFTER_S = 15.0
START_WITHIN_S = 120.0
FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 30.0
GOOD_AFTER_S = 30.0
"""A page that was served for so long ended for a reason of its own: the back-off begins anew."""
MOST_AT_ONCE = 32
"""Messages that are taken in one round; the others wait for the next."""
_LAST_WORDS_S = 3.0
_KILLED_WITHIN_S = 0.5
_MODULE = "monitor.web.entry"


class PageProcess:
    """``set_up`` gives what a new process is told first."""

    def __init__(self, set_up: Callable[[], SetUp]) -> None:
        self._set_up = set_up
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: PageChannel | None = None
        self._wanted = False
        self._is_set_up = False
        self._started_s = self._heard_s = self._due_s = 0.0
        self._serving_s: float | None = None
        self._closed_s: float | None = None
        """When its end of the channel was closed; it is given a moment to end by itself."""
        self._failures = 0
        self._reason: str | None = None
        self._starts = 0
        self.trouble: str | None = None

    @property
    def wanted(self) -> bool:
        """Whether there should be one."""
        return self._wanted

    @property
    def pid(self) -> int | None:
        """The process, None while there is none."""
        return None if self._process is None else self._process.pid

    @property
    def restarts(self) -> int:
        """Starts after the first."""
        return max(0, self._starts - 1)

    @property
    def channel(self) -> PageChannel | None:
        """For ``select``; None while there is no process."""
        return self._channel

    @property
    def serving(self) -> bool:
        """Whether the page answers at its address."""
        return self._serving_s is not None

    def want(self, wanted: bool, now_s: float) -> None:
        """There should be a page, or none, from now on; one that runs is ended, so that the next one is set up anew."""
        self._wanted, self._due_s, self._failures = wanted, now_s, 0
        self._end(None)
        self.trouble = None

    def tell(self, order: PageOrder, descriptors: Sequence[int] = ()) -> bool:
        """Hand ``order`` over; False when it is not taken, which stops nothing."""
        return self._channel is not None and self._ready() and self._channel.send(order, descriptors)

    def receive(self, now_s: float) -> list[PageReport]:
        """What it said since the last call, in order; a bounded number at a time."""
        reports: list[PageReport] = []
        while self._channel is not None and len(reports) < MOST_AT_ONCE:
            try:
                received = self._channel.receive()
            except EOFError:
                self._channel.close()
                self._channel, self._serving_s, self._closed_s = None, None, now_s
                break
            except UnreadablePageMessage as error:
                self._gone(now_s, str(error))
                break
            if received is None:
                break
            report = received[0]
            self._heard_s = now_s
            if isinstance(report, Alive) and report.serving and self._serving_s is None:
                self._serving_s, self.trouble = now_s, None
            elif isinstance(report, CannotServe):
                self._reason = report.reason
            reports.append(report)
        return reports

    def step(self, now_s: float) -> None:
        """Watch it: end one that is silent, start one that is due."""
        if self._process is None:
            if self._wanted and now_s >= self._due_s:
                self._start(now_s)
        elif self._process.poll() is not None:
            self.receive(now_s)  # its last words
            if self._process is not None:
                self._gone(now_s, None)
        elif self._closed_s is not None:
            if now_s - self._closed_s > _LAST_WORDS_S:
                self._gone(now_s, "closed its channel and was ended")
        elif now_s - self._heard_s > (longest_s := SILENT_S if self._serving_s is None else STALLED_AFTER_S):
            self._gone(now_s, f"gave no sign of life for {longest_s:g} s and was ended")
        elif self._serving_s is None and now_s - self._started_s > START_WITHIN_S:
            self._gone(now_s, f"was not served within {START_WITHIN_S:g} s and was ended")
        elif self._serving_s is not None and now_s - self._serving_s > GOOD_AFTER_S:
            self._failures = 0

    def stop(self) -> None:
        """Ask it to end; ``close`` makes sure."""
        self._wanted = False
        self.tell(EndPage())

    def close(self, timeout_s: float) -> None:
        """Give it ``timeout_s`` to end, then end it."""
        self._wanted = False
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout_s)
        self._end(None)

    def _start(self, now_s: float) -> None:
        self._starts += 1
        mine, theirs = packet_pair()
        try:
            self._process = spawn(_MODULE, [str(theirs.fileno())], [theirs.fileno()])
        except OSError as error:
            mine.close()
            self.trouble = f"cannot be started: {error.strerror}"
            self._plan(now_s)
            return
        finally:
            theirs.close()
        self._channel = PageChannel(mine)
        self._started_s = self._heard_s = now_s
        self._serving_s, self._reason, self._is_set_up = None, None, False

    def _ready(self) -> bool:
        """Whether it knows its configuration, which comes before all else."""
        if not self._is_set_up and self._channel is not None:
            self._is_set_up = self._channel.send(self._set_up())
        return self._is_set_up

    def _gone(self, now_s: float, why: str | None) -> None:
        """It is gone, or has to go; another one follows."""
        self.trouble = self._end(why)
        self._plan(now_s)

    def _end(self, why: str | None) -> str | None:
        """End what runs; why it ended."""
        process, self._process = self._process, None
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        self._serving_s = self._closed_s = None
        if process is None:
            return why
        if process.poll() is None:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):  # one that hangs in the kernel is left to it
                process.wait(_KILLED_WITHIN_S)
        return why or self._reason or _how_ended(process.returncode)

    def _plan(self, now_s: float) -> None:
        self._due_s = now_s + min(FIRST_BACKOFF_S * 2.0**self._failures, LONGEST_BACKOFF_S)
        self._failures = min(self._failures + 1, 16)


def _how_ended(returncode: int | None) -> str:
    if returncode is None:
        return "hangs and does not end"
    if returncode < 0:
        with contextlib.suppress(ValueError):
            return f"ended by {signal.Signals(-returncode).name}"
    return f"ended with status {returncode}"
