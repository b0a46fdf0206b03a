"""Who runs, as the owners of the processes know it, into the one table."""

from __future__ import annotations

import os

from monitor.alerts.events import Moment
from monitor.service.log import log
from monitor.service.page_process import PageProcess
from monitor.service.process_table import ProcessKind, ProcessTable
from monitor.service.ward import Ward


def note_processes(table: ProcessTable, ward: Ward, page: PageProcess, now: Moment) -> None:
    """Bring ``table`` up to date, and log every process that came or went."""
    table.note("supervisor", ProcessKind.SUPERVISOR, os.getpid(), now.at, restarts=0, trouble=None)
    noted = {"supervisor", "inference"}
    rows = [("inference", ProcessKind.INFERENCE, ward.judging.pid, ward.judging.restarts, ward.judging.trouble)]
    for source, status in ward.cameras.status.items():
        noted.add(f"capture {source}")
        rows.append((f"capture {source}", ProcessKind.CAPTURE, status.pid, status.restarts, status.trouble))
    beat = ward.judging.beat
    if beat is not None and beat.sidecar is not None:
        noted.add("sidecar")
        sidecar = beat.sidecar
        rows.append(("sidecar", ProcessKind.SIDECAR, sidecar.pid, sidecar.restarts, sidecar.trouble))
    elif any(row.name == "sidecar" for row in table.rows):
        noted.add("sidecar")
        rows.append(("sidecar", ProcessKind.SIDECAR, None, 0, ward.judging.trouble))
    if page.wanted:
        noted.add("page")
        rows.append(("page", ProcessKind.PAGE, page.pid, page.restarts, page.trouble))
    for name, kind, pid, restarts, trouble in rows:
        if table.note(name, kind, pid, now.at, restarts=restarts, trouble=trouble):
            log().info("process", name=name, pid=pid, restarts=restarts, why_ended=trouble)
    for row in table.rows:
        if row.name not in noted:
            table.remove(row.name)
