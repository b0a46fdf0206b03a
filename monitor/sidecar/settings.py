"""What can be set about the sidecar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from monitor.errors import ConfigurationError

Composite = Literal["z", "epsilon", "alpha2-beta1", "zplus", "preset-a", "preset-b"]
"""Names of ``models.lrp.composites``, here without torch, so that a wrong one is refused at once."""

LONGEST_SOCKET_PATH = 107
"""Of Unix sockets on Linux, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SidecarSettings:
    """How explanations are made.

    ``composite``: name of the LRP composite (``models.lrp.composites``). ``in_flight``: most frames handed to the
    worker at a time. ``max_targets``: most targets explained of one frame. ``nice``: how far the worker lowers its
    own priority. ``socket``: path at which a sidecar service listens (``vigil sidecar --listen``); none: a process of
    this service's own. ``start_timeout_s``: longest wait for the worker to load torch and the weights.
    ``job_timeout_s``: a worker that is silent about a frame for longer is replaced. ``submit_timeout_s``: longest a
    replay waits for a free slot. ``first_backoff_s`` doubles with every death in a row up to ``longest_backoff_s``.
    ``attempts``: a replay hands a frame over this often before giving up on it.
    """

    composite: Composite = "zplus"
    in_flight: int = 2
    max_targets: int = 16
    nice: int = 10
    socket: str | None = None
    start_timeout_s: float = 120.0
    job_timeout_s: float = 60.0
    submit_timeout_s: float = 120.0
    first_backoff_s: float = 0.5
    longest_backoff_s: float = 30.0
    attempts: int = 3

    def __post_init__(self) -> None:
        for name in ("in_flight", "max_targets", "attempts"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"sidecar.{name}: must be >= 1, got {getattr(self, name)}")
        for name in ("start_timeout_s", "job_timeout_s", "submit_timeout_s", "first_backoff_s", "longest_backoff_s"):
            if not getattr(self, name) > 0:
                raise ConfigurationError(f"sidecar.{name}: must be > 0, got {getattr(self, name)}")
        if self.socket is not None and not 1 < len(self.socket.encode()) <= LONGEST_SOCKET_PATH:
            raise ConfigurationError(f"sidecar.socket: must be a path of at most {LONGEST_SOCKET_PATH} bytes")
        if self.socket is not None and not self.socket.startswith("/"):
            raise ConfigurationError(f"sidecar.socket: must be an absolute path, got {self.socket!r}")
        if not 0 <= self.nice <= 19:
            raise ConfigurationError(f"sidecar.nice: must lie in 0 to 19, got {self.nice}")
