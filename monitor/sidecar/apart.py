"""Entry of the sidecar process: ``python -m monitor.sidecar.apart SOCKET_FD MEMORY_FD [PARENT]``.

Isolates the process while it has one thread, and only then loads the worker with torch, which starts threads. With
PARENT, a process id, it ends when that process does.
"""

from __future__ import annotations

import os
import runpy
import sys

from monitor.sidecar.isolation import end_with_parent, isolate


def main() -> None:
    """Isolate, then become ``monitor.sidecar.worker``."""
    if sys.argv[3:]:
        end_with_parent()
        if os.getppid() != int(sys.argv[3]):
            sys.exit("the process that started this one has ended")
    isolate(keep=[int(argument) for argument in sys.argv[1:3]])
    runpy.run_module("monitor.sidecar.worker", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
