"""``vigil sidecar``: the explaining process as a service of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def sidecar(
    listen: Annotated[Path, typer.Option(help="Path of the Unix socket to listen at (sidecar.socket of the ward).")],
) -> None:
    """Explain for one live service at a time, reached by a Unix socket, without network. Ends on SIGTERM."""
    import os
    import signal
    import sys

    from monitor.clock import now_s
    from monitor.service_manager.notify import ServiceManager
    from monitor.service_manager.watchdog import Watchdog
    from monitor.sidecar.launch import require_packages
    from monitor.sidecar.listening import bound
    from monitor.sidecar.service import SidecarService

    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: stopping.append(received))
    manager = ServiceManager.from_environment(os.environ)
    require_packages()
    watch = Watchdog(manager.watchdog_s, ["listening"])
    with bound(listen) as listening:
        service = SidecarService(listening, lambda line: print(f"vigil sidecar: {line}", file=sys.stderr, flush=True))
        manager.ready(service.status)
        try:
            while not stopping:
                service.step(0.25)
                watch.moved("listening")
                if watch.due(now_s()):
                    manager.feed()
                manager.status(service.status)
        finally:
            manager.stopping()
            service.close()
            manager.close()
