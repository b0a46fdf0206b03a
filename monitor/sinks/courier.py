"""The thread that carries a sink's messages to its receiver, in order, again and again while the receiver is away."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.sinks.message import AlertMessage
from monitor.sinks.outgoing import Item, readable
from monitor.sinks.transport import Outcome, Result, Transport

_ABORT_JOIN_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """``attempts`` for a message that the receiver fails to take (None: for ever), with pauses that double."""

    attempts: int | None = None
    first_backoff_s: float = 1.0
    longest_backoff_s: float = 300.0

    def backoff_s(self, failures: int) -> float:
        """The pause after so many failures in a row."""
        return float(min(self.longest_backoff_s, self.first_backoff_s * 2.0 ** min(failures - 1, 60)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """``message_id`` is done with: delivered, or given up for ``cause``."""

    message_id: str
    cause: str | None


class Courier:
    """Items are offered and what became of them collected by the sink's thread; nothing here waits for it."""

    def __init__(
        self,
        name: str,
        transport: Transport,
        patience: Patience,
        *,
        now_s: Callable[[], float],
        now_at: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self.trouble: str | None = None
        self._transport, self._patience = transport, patience
        self._now_s, self._now_at, self._wake = now_s, now_at, wake
        self._changed = threading.Condition()
        self._queue: deque[Item] = deque()
        self._settled: deque[Settled] = deque()
        self._failures = 0
        self._tried = 0
        self._since_s: float | None = None
        self._closing = False
        self._stop = False
        self._thread = threading.Thread(target=self._run, name=f"sink {name}", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def offer(self, items: Sequence[Item]) -> None:
        """Deliver these after what was offered before."""
        if items:
            with self._changed:
                self._queue += items
                self._changed.notify_all()

    def collect(self) -> list[Settled]:
        """What was settled since the last call."""
        return [self._settled.popleft() for _ in range(len(self._settled))]

    def watch(self, now_s: float) -> None:
        """End a delivery that takes too long."""
        since_s = self._since_s
        if since_s is not None and now_s - since_s > self._transport.limit_s:
            self._transport.abort()

    def close(self, timeout_s: float) -> None:
        """Deliver what is offered while that goes well, at most ``timeout_s`` seconds; then end."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if not self._thread.is_alive():
            return
        reserve_s = min(_ABORT_JOIN_S, timeout_s / 2)
        self._thread.join(max(0.0, timeout_s - reserve_s))
        if self._thread.is_alive():
            with self._changed:
                self._stop = True
                self._changed.notify_all()
            self._transport.abort()
            self._thread.join(reserve_s)

    def _run(self) -> None:
        try:
            while batch := self._next():
                self._carry(batch)
        finally:
            self._transport.close()

    def _next(self) -> list[Item]:
        """Wait for something to deliver and for permission to; nothing when the courier is to end."""
        with self._changed:
            while True:
                ending = self._stop or (self._closing and (self.trouble is not None or not self._queue))
                if ending:
                    return []
                pause_s = self._transport.pause_s(self._now_s())
                if self._queue and pause_s <= 0:
                    return [item for item, _ in zip(self._queue, range(self._transport.most), strict=False)]
                if self._closing:
                    return []
                self._changed.wait(pause_s if self._queue else None)

    def _carry(self, batch: Sequence[Item]) -> None:
        now_s, now_at = self._now_s(), self._now_at()
        messages: list[AlertMessage] = []
        for item in batch:
            message = readable(item, now_s, now_at)
            if message is None:
                self._done([item], "unreadable")
            else:
                messages.append(message)
        if not messages:
            return
        kept = [item for item in batch if item.message_id in {message.message_id for message in messages}]
        self._since_s = now_s
        try:
            outcome = self._transport.deliver(messages)
        except Exception as error:  # noqa: BLE001 — the thread's end would silence the sink; the words reach the status
            outcome = Outcome(result=Result.FAILED, words=f"fault of the program ({type(error).__name__})")
        finally:
            self._since_s = None
        self._judge(kept, outcome)

    def _judge(self, items: Sequence[Item], outcome: Outcome) -> None:
        self.trouble = outcome.words
        if outcome.result in (Result.DELIVERED, Result.REFUSED):
            self._failures = self._tried = 0
            self._done(items, None if outcome.result is Result.DELIVERED else "refused")
            return
        self._failures += 1
        if outcome.result is Result.FAILED:
            self._tried += 1
            if self._patience.attempts is not None and self._tried >= self._patience.attempts:
                self._tried = 0
                self._done(items, "failed")
        self._wake()
        self._rest(max(outcome.pause_s, self._patience.backoff_s(self._failures)))

    def _rest(self, pause_s: float) -> None:
        until_s = self._now_s() + min(pause_s, self._patience.longest_backoff_s)
        with self._changed:
            while not self._closing and not self._stop and (left_s := until_s - self._now_s()) > 0:
                self._changed.wait(left_s)

    def _done(self, items: Sequence[Item], cause: str | None) -> None:
        with self._changed:
            for item in items:
                self._queue.remove(item)
        self._settled += [Settled(message_id=item.message_id, cause=cause) for item in items]
        self._wake()
