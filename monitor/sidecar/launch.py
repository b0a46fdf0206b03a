"""Starts the worker's process, the same way for a client of its own and for the sidecar service."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

from monitor.errors import ServiceUnavailable

_NEEDED = ("torch", "zennit", "safetensors")
_NOT_FOR_IT = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "CREDENTIALS_DIRECTORY", "LISTEN_FDS", "LISTEN_PID")
"""Variables that open ways to systemd or to secrets."""


def missing_packages() -> str | None:
    """Why this installation cannot explain, or None when it can."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    return f"{', '.join(missing)} not installed; install vigil[explain] to have them" if missing else None


def require_packages() -> None:
    """ServiceUnavailable when this installation cannot explain."""
    if missing := missing_packages():
        raise ServiceUnavailable(f"no explanations: {missing}")


def launch_worker(
    control: int, memory: int, stderr: IO[bytes] | None = None, *, bound_to_us: bool = False
) -> subprocess.Popen[bytes]:
    """The process, which has the descriptors ``control`` and ``memory`` and nothing else of ours; OSError.

    It ends with the connection. ``bound_to_us``: also with the calling thread, for connections that outlive us.
    """
    # -P and PYTHONPATH: the working directory must not shadow modules, an uninstalled checkout must be found
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_IT}
    parent = [str(os.getpid())] if bound_to_us else []
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "monitor.sidecar.apart", str(control), str(memory), *parent],
        pass_fds=(control, memory),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        env={**kept, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
    )
