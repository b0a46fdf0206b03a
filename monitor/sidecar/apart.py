"""Entry of the sidecar process: ``python -m monitor.sidecar.apart SOCKET_FD MEMORY_FD``.

Isolates the process while it has one thread, and only then loads the worker with torch, which starts threads.
"""

from __future__ import annotations

import runpy
import sys

from monitor.sidecar.isolation import isolate


def main() -> None:
    """Isolate, then become ``monitor.sidecar.worker``."""
    isolate(keep=[int(argument) for argument in sys.argv[1:3]])
    runpy.run_module("monitor.sidecar.worker", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
