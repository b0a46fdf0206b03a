"""Connections that ask for nothing are closed, and one address cannot hold them all."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from monitor.ward.values import is_loopback

HEAD_S = 15.0
"""Longest from a connection, or from the first byte of a further request, until that request's head is whole."""
MOST_OF_ONE_ADDRESS = 64
"""Not for this machine, whose proxy may speak for all."""


class ImpatientProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 with these bounds."""

    _waits: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Somebody connects."""
        super().connection_made(transport)
        if self._too_many():
            transport.abort()
            return
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Some bytes of a request."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            if self._waits is None:
                self._wait_for_head()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self._waits = self.loop.call_later(HEAD_S, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._waits is not None:
            self._waits.cancel()
            self._waits = None

    def _too_many(self) -> bool:
        if self.client is None or is_loopback(self.client[0]):
            return False
        others = [getattr(other, "client", None) for other in self.connections]
        same = sum(other is not None and other[0] == self.client[0] for other in others)
        return bool(same > MOST_OF_ONE_ADDRESS)
