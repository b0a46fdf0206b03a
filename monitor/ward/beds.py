"""A bed: where it is, whose picture it takes, which part of it, and thresholds of its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from pydantic import AfterValidator

from monitor.alerts.lifecycle_settings import LifecycleSettings
from monitor.alerts.settings import AlertSettings
from monitor.assessor import AssessorSettings
from monitor.face.settings import FaceSettings, Zone
from monitor.sampler import SamplerSettings
from monitor.ward.values import Label, Name


def _inside(zone: Zone) -> Zone:
    x, y, w, h = zone
    if not (x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= 1 + 1e-6 and y + h <= 1 + 1e-6):
        raise ValueError("x, y, w, h must be shares of the picture within 0..1")
    return zone


BedZone = Annotated[Zone, AfterValidator(_inside)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BedSettings:
    """One bed. Its name is that of its section; sections here override the facility's of the same name."""

    source: Name
    """The source whose picture shows this bed."""
    room: Label = ""
    """Room, as people say it."""
    resident: Label = "resident"
    """What people call the resident in an alert. No name, no date of birth, nothing that says who it is."""
    zone: BedZone | None = None
    """Where the resident lies: x, y, w, h in shares of the picture after ``rotate_deg``. Only faces in it are
    assessed; none: the whole picture, for a camera that shows one bed alone."""
    rotate_deg: Literal[0, 90, 180, 270] = 0
    """Clockwise turn that sets the resident's face upright (a resident lies on the side of the picture)."""
    face: FaceSettings = field(default_factory=FaceSettings)
    """How faces are looked for at this bed."""
    judgement: AssessorSettings = field(default_factory=AssessorSettings)
    """How pain is judged at this bed."""
    alerts: AlertSettings = field(default_factory=AlertSettings)
    """When people are told at this bed."""
    lifecycle: LifecycleSettings = field(default_factory=LifecycleSettings)
    """What becomes of this bed's alerts once they are out."""
    sampling: SamplerSettings = field(default_factory=SamplerSettings)
    """How often this bed is explained."""

    def face_settings(self) -> FaceSettings:
        """Settings of the face stage with the bed's zone in them."""
        return replace(self.face, zone=self.zone)

    def lifecycle_settings(self) -> LifecycleSettings:
        """Settings of the alerts' life with the bed's delays in them."""
        return replace(self.lifecycle, alerts=self.alerts)


INHERITED = ("face", "judgement", "alerts", "lifecycle", "sampling")
"""Sections of the facility that a bed inherits and may override key by key."""


def zone_in_source(bed: BedSettings) -> Zone:
    """The bed's zone in shares of the picture as the source gives it, before the bed's turn."""
    x, y, w, h = bed.zone or (0.0, 0.0, 1.0, 1.0)
    match bed.rotate_deg:
        case 90:
            return y, 1 - x - w, h, w
        case 180:
            return 1 - x - w, 1 - y - h, w, h
        case 270:
            return 1 - y - h, x, h, w
        case _:
            return x, y, w, h


def shared_share(one: Zone, other: Zone) -> float:
    """Share of the smaller zone that lies in the other, in [0, 1]."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / min(one[2] * one[3], other[2] * other[3])
