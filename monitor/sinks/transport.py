"""How one kind of receiver is reached: what a delivery came to, and the interface that makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from monitor.sinks.message import AlertMessage


class Result(StrEnum):
    """What became of an attempt."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    """The receiver will never take it."""
    FAILED = "failed"
    """The receiver was there and could not take it; so many attempts are made."""
    AWAY = "away"
    """The receiver was not there; the message waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``words`` say what is wrong, None when nothing is. ``pause_s``: the receiver asked to be left alone so long."""

    result: Result
    words: str | None = None
    pause_s: float = 0.0


class Transport(Protocol):
    """Reaches the receiver. ``deliver`` is called on the courier's thread and may take its time."""

    @property
    def most(self) -> int:
        """Most messages of one delivery."""

    @property
    def limit_s(self) -> float:
        """Longest that one delivery may take; after that it is aborted."""

    def wants(self, message: AlertMessage) -> bool:
        """Whether this kind of receiver is told such messages at all."""

    def pause_s(self, now_s: float) -> float:
        """How long to wait until a delivery is allowed."""

    def deliver(self, messages: Sequence[AlertMessage]) -> Outcome:
        """Try once."""

    def abort(self) -> None:
        """End a delivery that is under way, from another thread, at once."""

    def close(self) -> None:
        """Let go of what is held; called on the courier's thread when it ends."""
