"""What the inference process is told of a ward's settings."""

from __future__ import annotations

from typing import Protocol

from monitor.capture.ring import RingLayout
from monitor.service.inference.messages import AddBed, AddSource, Configure
from monitor.service.judging import Told
from monitor.ward.beds import BedSettings
from monitor.ward.facility import FacilitySettings


class RingOwner(Protocol):
    """A camera's memory."""

    @property
    def ring_fd(self) -> int: ...  # noqa: D102
    @property
    def ring_layout(self) -> RingLayout: ...  # noqa: D102


def configure(settings: FacilitySettings) -> Configure:
    """What holds for all beds."""
    return Configure(
        bundle=None if settings.model is None else str(settings.model),
        landmarker=None if settings.landmarker is None else str(settings.landmarker),
        classifier=settings.classifier,
        sidecar=settings.sidecar,
        inference=settings.inference,
    )


def add_source(source: str, camera: RingOwner) -> Told:
    """Where the pictures of ``source`` lie."""
    layout = camera.ring_layout
    return AddSource(source=source, slots=layout.slots, capacity_bytes=layout.capacity_bytes), (camera.ring_fd,)


def add_bed(bed: str, settings: BedSettings, baseline: str | None, *, paused: bool) -> AddBed:
    """How ``bed`` is judged."""
    return AddBed(
        bed=bed,
        source=settings.source,
        rotate_deg=settings.rotate_deg,
        face=settings.face_settings(),
        judgement=settings.judgement,
        sampling=settings.sampling,
        baseline=baseline,
        paused=paused,
    )
