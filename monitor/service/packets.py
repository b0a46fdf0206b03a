"""One end of the socket between the supervisor and a child: whole messages, file descriptors beside them."""

from __future__ import annotations

import array
import contextlib
import os
import socket
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

LARGEST_BYTES = 1 << 20
"""A neutral face takes 20 kB; nothing comes near this."""
_MOST_DESCRIPTORS = 4
Message = TypeVar("Message")


class PacketChannel(Generic[Message]):
    """Never waits: what does not fit is not sent. Message borders are kept by the socket itself (SOCK_SEQPACKET).

    ``pack`` and ``unpack`` turn messages into bytes and back.
    """

    def __init__(self, end: socket.socket, pack: Callable[[Message], bytes], unpack: Callable[[bytes], Any]) -> None:
        self._socket = end
        self._pack = pack
        self._unpack = unpack
        self._socket.setblocking(False)
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            self._socket.setsockopt(socket.SOL_SOCKET, option, LARGEST_BYTES)

    def fileno(self) -> int:
        """For ``select``."""
        return self._socket.fileno()

    def send(self, message: Message, descriptors: Sequence[int] = ()) -> bool:
        """False when the other side takes nothing now or is gone."""
        payload = self._pack(message)
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

        EOFError when the other side is gone, what ``unpack`` raises when it talks nonsense.
        """
        size = array.array("i").itemsize
        try:
            payload, extra, flags, _ = self._received(size)
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
            return self._unpack(payload), list(descriptors)
        except BaseException:
            for descriptor in descriptors:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
            raise

    def _received(self, size: int) -> tuple[bytes, list[tuple[int, int, bytes]], int, Any]:
        room = LARGEST_BYTES, socket.CMSG_SPACE(_MOST_DESCRIPTORS * size), socket.MSG_CMSG_CLOEXEC
        try:
            return self._socket.recvmsg(*room)
        except ConnectionResetError:  # told once when the other side ended before it read all; its last words are there
            return self._socket.recvmsg(*room)

    def close(self) -> None:
        """Close this end; the other side reads the end of the stream."""
        self._socket.close()


def packet_pair() -> tuple[socket.socket, socket.socket]:
    """Both ends; one is to be inherited."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
