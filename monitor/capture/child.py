"""One run of a capture process as its watcher sees it: the process, its channel, and how it ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from monitor.capture.messages import LARGEST_BYTES, Change, Ended, MessageError, Open, Report, channel, decode, encode
from monitor.native_log import WANTED_BY

_MOST_AT_ONCE = 64
_KEPT_FROM_IT = ("CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "GST_DEBUG", "GST_DEBUG_FILE", "GST_DEBUG_DUMP_DOT_DIR")
"""Of no use to it, or able to write a password into a file."""


class CaptureProcess:
    """Starts at construction (OSError when it cannot). ``ring`` is the ring's file descriptor.

    The process dies with the thread that made it, so make it in one that lasts as long as the program.
    """

    def __init__(self, name: str, opening: Open, ring: int) -> None:
        self._socket, theirs = channel()
        try:
            # -P and PYTHONPATH: the working directory must not shadow modules, an uninstalled checkout must be found
            root = str(Path(__file__).resolve().parents[2])
            path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
            kept = {key: value for key, value in os.environ.items() if key not in (*_KEPT_FROM_IT, WANTED_BY)}
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "monitor.capture.process", str(theirs.fileno()), str(ring), name],
                pass_fds=(theirs.fileno(), ring),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # FFmpeg and GStreamer quote addresses with their passwords
                env={**kept, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
            )
        except OSError:
            self._socket.close()
            raise
        finally:
            theirs.close()
        self._socket.setblocking(False)
        self._talks = self._send(encode(opening))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def running(self) -> bool:
        """Whether it has not ended; one that has is reaped."""
        return self._process.poll() is None

    def talks(self) -> bool:
        """Whether its end of the channel is open and says what can be understood."""
        return self._talks

    def how_it_ended(self) -> str:
        """Exit status or signal in words."""
        code = self._process.returncode
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                return f"the capture process was ended by {signal.Signals(-code).name}"
        return f"the capture process ended with exit status {code}"

    def change(self, change: Change) -> None:
        """Hand a change over; one that does not arrive shows in ``talks``."""
        self._talks = self._talks and self._send(encode(change))

    def messages(self) -> list[Report | Ended]:
        """What arrived since the last call, without waiting."""
        found: list[Report | Ended] = []
        for _ in range(_MOST_AT_ONCE):
            try:
                packet = self._socket.recv(LARGEST_BYTES)
            except BlockingIOError:
                break
            except OSError:
                packet = b""
            try:
                message = decode(packet) if packet else None
            except MessageError:
                message = None
            if not isinstance(message, Report | Ended):
                self._talks = False
                break
            found.append(message)
        return found

    def terminate(self) -> None:
        """Ask it to end (SIGTERM)."""
        self._process.terminate()

    def kill(self) -> None:
        """End it (SIGKILL), which works also while it is stuck in a read."""
        self._process.kill()

    def wait(self, most_s: float) -> bool:
        """Wait until it has ended, but not longer; whether it has."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(most_s)
        return not self.running()

    def close(self) -> None:
        """Close this end of the channel, which ends a process that still listens."""
        self._talks = False
        self._socket.close()

    def _send(self, packet: bytes) -> bool:
        try:
            return self._socket.send(packet, socket.MSG_NOSIGNAL) == len(packet)
        except OSError:
            return False
