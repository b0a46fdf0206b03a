"""The side branch of the inference process: started beside the judging, never waited for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from monitor.errors import ServiceUnavailable
from monitor.records import Explanation, FaceCrop, FaceObservation, SampleRequest
from monitor.service.inference.messages import SidecarBeat
from monitor.sidecar.client import SidecarClient
from monitor.sidecar.launch import require_packages
from monitor.sidecar.settings import SidecarSettings
from monitor.sidecar.stats import SidecarStats


class Client(Protocol):
    """The sidecar's client."""

    def submit(self, crop: FaceCrop, observation: FaceObservation, request: SampleRequest) -> bool: ...  # noqa: D102
    def poll(self) -> list[Explanation]: ...  # noqa: D102
    def forget(self, source_id: str) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102
    @property
    def stats(self) -> SidecarStats: ...  # noqa: D102


class Explaining:
    """Explanations for all beds. ``missing`` says why there are none at all, None where there should be."""

    def __init__(self, open_client: Callable[[SidecarSettings], Client]) -> None:
        self.missing: str | None = None
        self._open = open_client
        self._client: Client | None = None

    def start(self, settings: SidecarSettings) -> None:
        """Start the sidecar (anew), or connect to it; it comes up beside the judging."""
        self.close()
        try:
            self._client, self.missing = self._open(settings), None
        except ServiceUnavailable as error:
            self.missing = str(error).removeprefix("no explanations: ")

    def submit(self, crop: FaceCrop, observation: FaceObservation, request: SampleRequest) -> bool:
        """Ask for an explanation; False when it is dropped."""
        return self._client is not None and self._client.submit(crop, observation, request)

    def poll(self) -> list[Explanation]:
        """What was explained since the last call; moves a sidecar on that is starting."""
        return [] if self._client is None else self._client.poll()

    def forget(self, bed: str) -> None:
        """Nobody waits for explanations of ``bed`` any more."""
        if self._client is not None:
            self._client.forget(bed)

    def beat(self) -> SidecarBeat | None:
        """How it is doing; None where there is none."""
        if self._client is None:
            return None
        stats = self._client.stats
        return SidecarBeat(
            alive=stats.alive,
            pid=stats.pid,
            sent=stats.sent,
            done=stats.done,
            restarts=stats.restarts,
            dropped=dict(stats.dropped),
            trouble=stats.trouble,
            network=stats.network,
        )

    def close(self) -> None:
        """End it."""
        if self._client is not None:
            self._client.close()
            self._client = None


def sidecar_opener(bundle: Path) -> Callable[[SidecarSettings], Client]:
    """Opens the sidecar of the settings: the one that listens, else a child of this process."""

    def open_client(settings: SidecarSettings) -> Client:
        if settings.socket is None:
            require_packages()
        client = SidecarClient(bundle, settings, live=True)
        client.begin()
        return client

    return open_client
