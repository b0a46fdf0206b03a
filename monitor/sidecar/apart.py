"""Entry of the sidecar process: ``python -m monitor.sidecar.apart SOCKET_FD MEMORY_FD [PARENT]``.

Isolates the process while it has one thread, and only then loads the worker with torch, which starts threads; signs of
life go out meanwhile. With PARENT, a process id, it ends when that process does.
"""

from __future__ import annotations

import importlib
import os
import socket
import sys

from monitor.parent_death import end_with_parent
from monitor.sidecar.isolation import isolate


def main() -> None:
    """Isolate, then become ``monitor.sidecar.worker``."""
    if sys.argv[3:]:
        end_with_parent()
        if os.getppid() != int(sys.argv[3]):
            sys.exit("the process that started this one has ended")
    isolate(keep=[int(argument) for argument in sys.argv[1:3]])
    from monitor.sidecar.wire import Loading, encode
    from monitor.signs_of_life import SignsOfLife

    end, sign = socket.socket(fileno=int(sys.argv[1])), encode(Loading())
    with SignsOfLife(lambda: end.sendall(sign)) as signs:
        worker = importlib.import_module("monitor.sidecar.worker")
        sys.exit(worker.run(end, int(sys.argv[2]), signs.stop))


if __name__ == "__main__":
    main()
