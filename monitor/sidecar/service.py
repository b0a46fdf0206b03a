"""The sidecar as a service of its own: one Unix socket, one client at a time, a fresh worker process for each.

The worker talks with the client directly. So a client that sends nonsense ends its own connection and nothing else,
and this process, which needs no torch, stays small and is never busy.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from monitor.clock import now_s
from monitor.sidecar.launch import launch_worker
from monitor.sidecar.peers import HELLO, Peer, peer_of
from monitor.sidecar.wire import Refused, encode

_HELLO_TIMEOUT_S = 2.0
_GRACE_S = 1.0
_MOST_DESCRIPTORS = 4


@dataclass(slots=True)
class _Served:
    """The client that is served: its connection (also the worker's) and since when it is gone."""

    peer: Peer
    end: socket.socket
    worker: subprocess.Popen[bytes]
    gone_s: float | None = None


class SidecarService:
    """Serves on ``listening``, a bound and listening Unix socket, which it does not close. ``say`` gets one line."""

    def __init__(self, listening: socket.socket, say: Callable[[str], None]) -> None:
        listening.setblocking(False)
        self._listening = listening
        self._say = say
        self._served: _Served | None = None

    @property
    def status(self) -> str:
        """One line for people."""
        return "waits for a client" if self._served is None else f"serves process {self._served.peer.pid}"

    def step(self, wait_s: float) -> None:
        """Wait at most ``wait_s`` for something to do, and do it. Never raises for what a client does."""
        watched = select.poll()
        watched.register(self._listening, select.POLLIN)
        if self._served is not None and self._served.gone_s is None:
            watched.register(self._served.end, select.POLLRDHUP)
        for descriptor, _ in watched.poll(wait_s * 1000):
            if self._served is not None and descriptor == self._served.end.fileno():
                self._served.gone_s = now_s()
        self._tidy()
        with contextlib.suppress(BlockingIOError, ConnectionError):
            end, _ = self._listening.accept()
            with end:
                self._take(end)

    def close(self) -> None:
        """End the worker, if there is one."""
        if self._served is not None:
            self._end(self._served, "the sidecar stops")

    def _tidy(self) -> None:
        """Clear away a worker that ended, or whose client is gone and that does not end by itself."""
        served = self._served
        if served is None:
            return
        if served.worker.poll() is not None:
            self._end(served, f"the worker ended (exit status {served.worker.returncode})")
        elif served.gone_s is not None and now_s() - served.gone_s > _GRACE_S:
            self._end(served, "the client is gone, the worker was ended")

    def _end(self, served: _Served, why: str) -> None:
        served.worker.kill()
        served.worker.wait()
        served.end.close()
        self._served = None
        self._say(f"process {served.peer.pid}: {why}")

    def _take(self, end: socket.socket) -> None:
        try:
            peer = peer_of(end)
            if not peer.trusted:
                self._refuse(end, peer, "only the same user, root or a member of the group is served", for_now=False)
            elif self._served is not None:
                words = f"another client is served (process {self._served.peer.pid}), one at a time"
                self._refuse(end, peer, words, for_now=True)
            elif (memory := _hello(end)) is None:
                self._refuse(end, peer, "that was no hello of a sidecar's client", for_now=False)
            else:
                self._serve(end, peer, memory)
        except OSError as error:
            self._say(f"a client went away at once: {error.strerror or error}")

    def _serve(self, end: socket.socket, peer: Peer, memory: int) -> None:
        end.settimeout(None)  # the worker waits as long as there is nothing to explain
        try:
            worker = launch_worker(end.fileno(), memory, bound_to_us=True)
        except OSError as error:
            self._refuse(end, peer, f"the worker cannot be started ({error.strerror})", for_now=True)
            return
        finally:
            os.close(memory)
        self._served = _Served(peer, end.dup(), worker)
        self._say(f"process {peer.pid}: is served by process {worker.pid}")

    def _refuse(self, end: socket.socket, peer: Peer, why: str, *, for_now: bool) -> None:
        self._say(f"process {peer.pid} (user {peer.uid}): refused: {why}")
        end.settimeout(_HELLO_TIMEOUT_S)
        end.sendall(encode(Refused(reason=why, for_now=for_now)))


def _hello(end: socket.socket) -> int | None:
    """The client's memory, or None for anything but exactly a hello with one descriptor of a plain piece of memory."""
    end.settimeout(_HELLO_TIMEOUT_S)
    said, descriptors, flags, _ = socket.recv_fds(end, len(HELLO), _MOST_DESCRIPTORS)
    if said == HELLO and len(descriptors) == 1 and not flags & socket.MSG_CTRUNC:
        return descriptors[0]
    for descriptor in descriptors:
        os.close(descriptor)
    return None
