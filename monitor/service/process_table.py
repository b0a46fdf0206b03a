"""The one table of all processes of the service: who runs, since when, how often anew, and why the last one ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class ProcessKind(StrEnum):
    """What a process does."""

    SUPERVISOR = "supervisor"
    CAPTURE = "capture"
    INFERENCE = "inference"
    SIDECAR = "sidecar"
    PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRow:
    """``pid`` is None while it does not run. ``restarts`` since the service started."""

    name: str
    kind: ProcessKind
    pid: int | None = None
    started_at: datetime | None = None
    restarts: int = 0
    why_ended: str | None = None


class ProcessTable:
    """Kept by whoever owns a process telling what it knows; the table adds when that changed."""

    def __init__(self) -> None:
        self._rows: dict[str, ProcessRow] = {}

    @property
    def rows(self) -> tuple[ProcessRow, ...]:
        """Every process, in the order they first came."""
        return tuple(self._rows.values())

    def note(
        self, name: str, kind: ProcessKind, pid: int | None, now_at: datetime, *, restarts: int, trouble: str | None
    ) -> bool:
        """``name`` runs as ``pid``, or not. Whether that is another process than before."""
        known = self._rows.get(name, ProcessRow(name=name, kind=kind))
        changed = pid != known.pid
        started_at = now_at if changed and pid is not None else known.started_at
        self._rows[name] = replace(
            known, pid=pid, started_at=started_at, restarts=restarts, why_ended=trouble or known.why_ended
        )
        return changed

    def remove(self, name: str) -> None:
        """``name`` is no longer wanted."""
        self._rows.pop(name, None)
