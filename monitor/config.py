"""The configuration: one typed tree, each branch defined beside the code it sets, read from one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.alerts.settings import AlertSettings
from monitor.assessor import AssessorSettings
from monitor.classifier import ClassifierSettings
from monitor.config_lines import ConfigurationFile, read
from monitor.config_tree import apply
from monitor.errors import ConfigurationError, UsageError
from monitor.face.settings import FaceSettings
from monitor.pipeline import PipelineSettings
from monitor.sampler import SamplerSettings
from monitor.sidecar.settings import SidecarSettings
from monitor.sources.source import SourceSettings
from monitor.storage.journal import JournalSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """``pixels``: whether pictures of the face may enter report and folder. Off unless the operator turns it on."""

    pixels: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VigilSettings:
    """Everything that can be set. ``landmarker`` is the face landmark asset; None: found or fetched."""

    landmarker: Path | None = None
    source: SourceSettings = field(default_factory=SourceSettings)
    face: FaceSettings = field(default_factory=FaceSettings)
    classifier: ClassifierSettings = field(default_factory=ClassifierSettings)
    sampling: SamplerSettings = field(default_factory=SamplerSettings)
    sidecar: SidecarSettings = field(default_factory=SidecarSettings)
    judgement: AssessorSettings = field(default_factory=AssessorSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    pipeline: PipelineSettings = field(default_factory=PipelineSettings)
    journal: JournalSettings = field(default_factory=JournalSettings)
    report: ReportSettings = field(default_factory=ReportSettings)


def load_settings(path: Path | None, options: Mapping[str, tuple[str, Any]] | None = None) -> VigilSettings:
    """Defaults, then the file, then command line ``options``: option name → (dotted path, value; None is unset).

    ConfigurationError names file, line and dotted path; UsageError names the option.
    """
    settings = VigilSettings()
    if path is not None:
        file = read(path)
        settings = apply(settings, file.values, file)
    for option, (dotted, value) in (options or {}).items():
        if value is None:
            continue
        nested: Any = value
        for name in reversed(dotted.split(".")):
            nested = {name: nested}
        try:
            settings = apply(settings, nested, ConfigurationFile(Path(option), {}, {}))
        except ConfigurationError as error:
            raise UsageError(str(error)) from error
    return settings
