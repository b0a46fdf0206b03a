"""The client's end of the control channel, whoever is at the other one."""

from __future__ import annotations

import select
import socket
from abc import ABC, abstractmethod

from monitor.sidecar.wire import Channel, Configure, Done, Failed, Job, Loading, Ready, Refused, WireError

_SEND_TIMEOUT_S = 5.0


class WorkerLink(ABC):
    """Messages to and from one run of the worker, until ``end``."""

    def __init__(self, end: socket.socket) -> None:
        end.settimeout(_SEND_TIMEOUT_S)
        self.channel = Channel(end)

    @property
    @abstractmethod
    def pid(self) -> int | None:
        """The process at the other end, None when it has ended."""

    @abstractmethod
    def end(self) -> str:
        """Close the channel, which ends the worker. Gives its last words."""

    def send(self, message: Configure | Job) -> bool:
        """False when the worker is gone or takes nothing."""
        try:
            self.channel.send(message)
        except OSError:
            return False
        return True

    def receive(self, wait_s: float) -> list[Loading | Ready | Refused | Done | Failed] | None:
        """What arrived within ``wait_s``; None when the worker is gone or talks nonsense."""
        readable, _, _ = select.select([self.channel], [], [], max(0.0, wait_s))
        messages: list[Loading | Ready | Refused | Done | Failed] = []
        try:
            if readable and not self.channel.fill():
                return None
            while (message := self.channel.buffered()) is not None:
                if isinstance(message, Configure | Job):
                    return None
                messages.append(message)
        except (WireError, OSError):
            return None
        return messages
