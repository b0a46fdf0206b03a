"""One run of the worker: the process, its control channel, and why it ended."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from monitor.errors import ServiceUnavailable
from monitor.sidecar.wire import Channel, Configure, Done, Failed, Job, Ready, Refused, WireError

_NEEDED = ("torch", "zennit", "safetensors")
_SEND_TIMEOUT_S = 5.0
_END_TIMEOUT_S = 1.0


def require_packages() -> None:
    """ServiceUnavailable when this installation cannot explain."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ServiceUnavailable(
            f"no explanations: {', '.join(missing)} not installed; install vigil[explain] to have them"
        )


class WorkerProcess:
    """Starts at construction. ``memory`` is the shared memory's file descriptor."""

    def __init__(self, configure: Configure, memory: int) -> None:
        mine, theirs = socket.socketpair()
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 — closed in end()
        try:
            # -P and PYTHONPATH: the working directory must not shadow modules, an uninstalled checkout must be found
            root = str(Path(__file__).resolve().parents[2])
            path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "monitor.sidecar.worker", str(theirs.fileno()), str(memory)],
                pass_fds=(theirs.fileno(), memory),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._stderr,
                env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
            )
        except OSError as error:
            mine.close()
            self._stderr.close()
            raise ServiceUnavailable(f"no explanations: the sidecar cannot be started ({error})") from error
        finally:
            theirs.close()
        mine.settimeout(_SEND_TIMEOUT_S)
        self.channel = Channel(mine)
        self.send(configure)  # when it fails, the next receive() tells

    def send(self, message: Configure | Job) -> bool:
        """False when the worker is gone or takes nothing."""
        try:
            self.channel.send(message)
        except OSError:
            return False
        return True

    def receive(self, wait_s: float) -> list[Ready | Refused | Done | Failed] | None:
        """What arrived within ``wait_s``; None when the worker is gone or talks nonsense."""
        readable, _, _ = select.select([self.channel], [], [], max(0.0, wait_s))
        messages: list[Ready | Refused | Done | Failed] = []
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

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self.process.poll() is None

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
        if self.running:
            self.process.kill()
            self.process.wait()
        words = self.last_words()
        self._stderr.close()
        return words
