"""A ward's configuration from its files: the settings, or everything that is wrong with them at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from monitor.config_complaint import Complaint, Mark
from monitor.config_lines import ConfigurationFile
from monitor.config_tree import Collector
from monitor.errors import ConfigurationError
from monitor.ward.beds import INHERITED, BedSettings
from monitor.ward.cross_checks import contradictions, remarks
from monitor.ward.facility import NOT_IN_A_WARD, FacilitySettings
from monitor.ward.merging import read_merged


class WrongConfiguration(ConfigurationError):
    """A ward's configuration cannot be used; ``complaints`` are all the reasons, in the order of the files."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        more = f" (and {len(complaints) - 1} more: see `vigil check-config`)" if len(complaints) > 1 else ""
        super().__init__(f"{complaints[0]}{more}")
        self.complaints = complaints


@dataclass(frozen=True, slots=True, kw_only=True)
class WardReading:
    """``settings`` is None exactly when there are ``complaints``; ``notes`` are allowed and may not be meant."""

    settings: FacilitySettings | None
    complaints: tuple[Complaint, ...]
    notes: tuple[Complaint, ...]
    files: tuple[Path, ...]
    places: ConfigurationFile
    """Where each dotted path was written, without the values."""

    def settings_or_raise(self) -> FacilitySettings:
        """The settings; WrongConfiguration when there are complaints."""
        if self.settings is None:
            raise WrongConfiguration(self.complaints)
        return self.settings


def read_ward(path: Path) -> WardReading:
    """Read ``path`` and its drop-in folder. Files that are not YAML or TOML at all are complained about alone."""
    merged = read_merged(path)
    places = ConfigurationFile(path, {}, merged.file.marks)
    if merged.complaints:
        return WardReading(settings=None, complaints=merged.complaints, notes=(), files=merged.read, places=places)
    file = merged.file
    collector = Collector(file, elsewhere=NOT_IN_A_WARD)
    without_beds = {name: value for name, value in file.values.items() if name != "beds"}
    facility: FacilitySettings = collector.build(FacilitySettings, without_beds)
    inherited = {name: getattr(facility, name) for name in INHERITED}
    beds = collector.entries((BedSettings,), file.values.get("beds"), "beds", inherited)
    settings = replace(facility, beds=beds)
    written = {
        section: [name for name, entry in _names(file.values, section).items() if entry is not None]
        for section in ("sources", "beds", "sinks")
    }
    for dotted, message in contradictions(settings, written):
        collector.complain(dotted, message)
    complaints = tuple(sorted(collector.complaints, key=lambda it: _order(it, merged.read)))
    notes = [file.complaint(dotted, message) for dotted, message in remarks(settings)]
    passed = [Complaint(Mark(each), "", "is not read (no .yaml, .yml or .toml)") for each in merged.passed_over]
    return WardReading(
        settings=None if complaints else settings,
        complaints=complaints,
        notes=() if complaints else (*notes, *passed),
        files=merged.read,
        places=places,
    )


def _names(values: Mapping[str, object], name: str) -> Mapping[str, object]:
    section = values.get(name)
    return section if isinstance(section, Mapping) else {}


def _order(complaint: Complaint, files: tuple[Path, ...]) -> tuple[int, int, int]:
    """By file, line and column; what has no line comes last."""
    mark = complaint.mark
    return (files.index(mark.path) if mark.line else len(files), mark.line, mark.column)
