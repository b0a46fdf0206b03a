"""Everything that can be set about a ward, as one typed tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from monitor.alerts.lifecycle_settings import LifecycleSettings
from monitor.alerts.settings import AlertSettings
from monitor.assessor import AssessorSettings
from monitor.classifier import ClassifierSettings
from monitor.face.settings import FaceSettings
from monitor.sampler import SamplerSettings
from monitor.sidecar.settings import SidecarSettings
from monitor.ward.beds import BedSettings
from monitor.ward.inference import InferenceSettings
from monitor.ward.page import PageSettings
from monitor.ward.service import HealthSettings, LoggingSettings, PrivacySettings, StorageSettings
from monitor.ward.sinks import SinkSettings
from monitor.ward.sources import CaptureSettings, SourceSettings
from monitor.ward.values import AbsolutePath, Name


def _alerts_without_emotion() -> AlertSettings:
    return AlertSettings(emotion_alerts=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilitySettings:
    """A ward. What no file sets has the default given here; every bed carries its own complete settings."""

    format: Literal[1] = 1
    """Format of this file, so that later versions can read earlier ones."""
    name: Name = "ward"
    """Name of the ward in messages to other systems."""
    landmarker: AbsolutePath | None = None
    """The face landmark asset; none: found where `vigil assets` put it."""
    model: AbsolutePath | None = None
    """Folder of the network's bundle; none: the one that is shipped."""
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    """Cameras by name."""
    beds: Mapping[str, BedSettings] = field(default_factory=dict)
    """Beds by name."""
    sinks: Mapping[str, SinkSettings] = field(default_factory=dict)
    """Where alerts go, by name."""
    capture: CaptureSettings = field(default_factory=CaptureSettings)
    """How cameras are watched and brought back."""
    face: FaceSettings = field(default_factory=FaceSettings)
    """How faces are looked for, for all beds."""
    classifier: ClassifierSettings = field(default_factory=ClassifierSettings)
    """Where the network runs."""
    judgement: AssessorSettings = field(default_factory=AssessorSettings)
    """How pain is judged, for all beds."""
    alerts: AlertSettings = field(default_factory=_alerts_without_emotion)
    """When people are told, for all beds. Unlike in a replay, emotion_alerts is off."""
    lifecycle: LifecycleSettings = field(default_factory=LifecycleSettings)
    """What becomes of alerts once they are out, for all beds: escalation, pauses, cooldown."""
    sampling: SamplerSettings = field(default_factory=SamplerSettings)
    """How often judgements are explained, for all beds."""
    sidecar: SidecarSettings = field(default_factory=SidecarSettings)
    """How explanations are made."""
    inference: InferenceSettings = field(default_factory=InferenceSettings)
    """How beds are judged together."""
    storage: StorageSettings = field(default_factory=StorageSettings)
    """The database."""
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    """What is shown, stored and sent at all."""
    health: HealthSettings = field(default_factory=HealthSettings)
    """Endpoint for those who watch the service."""
    page: PageSettings = field(default_factory=PageSettings)
    """The bedside page."""
    logging: LoggingSettings = field(default_factory=LoggingSettings)
    """The log."""


_REPLAY = "belongs to replays; a ward has no use for it"
NOT_IN_A_WARD: Mapping[type, Mapping[str, str]] = {
    FaceSettings: {
        "zone": "a zone is a bed's own; write it as beds.NAME.zone",
        "still": "is for pictures that do not follow each other; a camera's do",
    },
    AlertSettings: {
        "replay_latch_s": _REPLAY,
        "picture_lost_delay_s": "belongs to replays; a ward tells camera_offline, after lifecycle.camera_delay_s",
    },
    LifecycleSettings: {"alerts": "stands in the section alerts, of the ward or of a bed"},
    SidecarSettings: {"submit_timeout_s": _REPLAY, "attempts": _REPLAY},
}
"""Settings of shared classes that a ward's files may not set, and what to do instead."""
