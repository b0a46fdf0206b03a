"""What every child of the supervisor does first: die with its parent, leave signals to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from monitor.parent_death import end_with_parent


def die_with_parent() -> None:
    """End at once when the parent does, however it ends (Linux); no Ctrl-C, no SIGTERM: the parent says when to stop.

    To be called from the main thread before anything else.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    parent = os.getppid()
    end_with_parent()
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def spawn(
    module: str, arguments: Sequence[str], descriptors: Sequence[int], environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """``python -m module`` with ``descriptors`` inherited under their own numbers; stdout and stderr are ours.

    -P and PYTHONPATH: the working directory must not shadow modules, an uninstalled checkout must be found.
    """
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments],
        pass_fds=tuple(descriptors),
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path, **(environment or {})},
    )
