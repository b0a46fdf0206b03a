"""A worker of the sidecar service: reached by its Unix socket, served until one of the two ends the connection."""

from __future__ import annotations

import socket

from monitor.errors import ServiceUnavailable
from monitor.sidecar.link import WorkerLink
from monitor.sidecar.peers import HELLO, peer_of
from monitor.sidecar.wire import Configure


class WorkerConnection(WorkerLink):
    """Connects at construction without waiting. ``memory`` is the shared memory's file descriptor."""

    def __init__(self, path: str, configure: Configure, memory: int) -> None:
        self._path = path
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        end.setblocking(False)
        try:
            end.connect(path)
            peer = peer_of(end)
            if not peer.trusted:
                raise ServiceUnavailable(f"no explanations: {path} belongs to a stranger (user {peer.uid})")
            socket.send_fds(end, [HELLO], [memory])
        except OSError as error:
            end.close()
            reason = error.strerror or str(error)
            raise ServiceUnavailable(f"no explanations: no sidecar service at {path} ({reason})") from error
        except ServiceUnavailable:
            end.close()
            raise
        self._pid = peer.pid
        super().__init__(end)
        self.send(configure)

    @property
    def pid(self) -> int | None:
        """The service's."""
        return self._pid

    def end(self) -> str:
        """Close the connection; the service ends the worker that served it."""
        self.channel.close()
        return f"the service at {self._path} closed the connection"
