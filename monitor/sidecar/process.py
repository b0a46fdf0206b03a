"""A worker of this process's own: started with a socket pair, ended with it, and why it ended."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import tempfile

from monitor.errors import ServiceUnavailable
from monitor.sidecar.launch import launch_worker
from monitor.sidecar.link import WorkerLink
from monitor.sidecar.wire import Configure

_END_TIMEOUT_S = 1.0


class WorkerProcess(WorkerLink):
    """Starts at construction. ``memory`` is the shared memory's file descriptor."""

    def __init__(self, configure: Configure, memory: int) -> None:
        mine, theirs = socket.socketpair()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 — closed in end()
        try:
            self.process = launch_worker(theirs.fileno(), memory, self._stderr)
        except OSError as error:
            mine.close()
            self._stderr.close()
            raise ServiceUnavailable(f"no explanations: the sidecar cannot be started ({error})") from error
        finally:
            theirs.close()
        super().__init__(mine)
        self.send(configure)  # when it fails, the next receive() tells

    @property
    def pid(self) -> int | None:
        """The worker's, None when it has ended."""
        return self.process.pid if self.process.poll() is None else None

    def last_words(self) -> str:
        """How it ended: its last line on stderr, or the exit status."""
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").split("\n")
        spoken = [line.strip() for line in lines if line.strip()]
        return spoken[-1] if spoken else f"exit status {self.process.returncode}"

    def end(self) -> str:
        """Close the channel, which ends the worker; kill it if it does not. Gives its last words."""
        self.channel.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_TIMEOUT_S)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        words = self.last_words()
        self._stderr.close()
        return words
