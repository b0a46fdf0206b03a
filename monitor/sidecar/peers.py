"""Who is at the other end of a Unix socket, and how a client says hello there: with the shared memory in its hand."""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass

HELLO = b"vigil-sidecar/1\n"
"""What a client sends first, together with one descriptor: the shared memory. The wire's messages follow."""
_CREDENTIALS = struct.Struct("3i")


@dataclass(frozen=True, slots=True)
class Peer:
    """What the kernel says about the other end, as of when it connected (SO_PEERCRED)."""

    pid: int
    uid: int
    gid: int

    @property
    def trusted(self) -> bool:
        """The same user, root, or a member of a group that this process is in (root's group does not count)."""
        groups = {os.getegid(), *os.getgroups()} - {0}
        return self.uid in {0, os.geteuid()} or self.gid in groups


def peer_of(end: socket.socket) -> Peer:
    """The peer of a connected Unix stream socket; OSError."""
    raw = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return Peer(*_CREDENTIALS.unpack(raw))
