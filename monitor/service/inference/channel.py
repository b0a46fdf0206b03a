"""One end of the socket between supervisor and inference process: whole messages, file descriptors beside them."""

from __future__ import annotations

import array
import contextlib
import os
import socket
from collections.abc import Sequence
from typing import Any

from monitor.service.inference.messages import Order, Report, pack, unpack

LARGEST_BYTES = 1 << 20
"""A neutral face takes 20 kB; nothing comes near this."""
_MOST_DESCRIPTORS = 4


class Channel:
    """Never waits: what does not fit is not sent. Message borders are kept by the socket itself (SOCK_SEQPACKET)."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._socket.setblocking(False)
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            self._socket.setsockopt(socket.SOL_SOCKET, option, LARGEST_BYTES)

    def fileno(self) -> int:
        """For ``select``."""
        return self._socket.fileno()

    def send(self, message: Order | Report, descriptors: Sequence[int] = ()) -> bool:
        """False when the other side takes nothing now or is gone."""
        payload = pack(message)
        try:
            if descriptors:
                socket.send_fds(self._socket, [payload], list(descriptors))
            else:
                self._socket.send(payload)
        except OSError:
            return False
        return True

    def receive(self) -> tuple[Any, list[int]] | None:
        """The next message and the descriptors that came with it, None when none waits.

        EOFError when the other side is gone, UnreadableMessage when it talks nonsense.
        """
        size = array.array("i").itemsize
        try:
            payload, extra, flags, _ = self._socket.recvmsg(
                LARGEST_BYTES, socket.CMSG_SPACE(_MOST_DESCRIPTORS * size), socket.MSG_CMSG_CLOEXEC
            )
        except BlockingIOError:
            return None
        except OSError as error:
            raise EOFError from error
        descriptors = array.array("i")
        for level, kind, content in extra:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(content[: len(content) - len(content) % size])
        if not payload:
            raise EOFError
        try:
            if flags & socket.MSG_TRUNC:
                raise EOFError
            return unpack(payload), list(descriptors)
        except BaseException:
            for descriptor in descriptors:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
            raise

    def close(self) -> None:
        """Close this end; the other side reads the end of the stream."""
        self._socket.close()


def channel_pair() -> tuple[Channel, socket.socket]:
    """This side's channel and the other side's end, to be inherited."""
    mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Channel(mine), theirs
