"""How the sidecar is doing, in figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarStats:
    """Counters since ``start``: frames handed to the worker, explained, and dropped by cause.

    Of ``dropped``, ``target_limit`` and ``busy`` count targets of frames that were explained in part, all other
    causes count frames. ``waiting``: crops in line now. ``alive``: the worker runs and has its network. ``pid`` is
    None while there is no worker (of a sidecar service: the pid of its listener). ``network``: what the worker found
    in its reach ("none": nothing at all), None while there is none. ``trouble`` says in words what went wrong last.
    """

    sent: int
    done: int
    dropped: Mapping[str, int]
    restarts: int
    alive: bool
    pid: int | None
    trouble: str | None
    waiting: int = 0
    network: str | None = None
