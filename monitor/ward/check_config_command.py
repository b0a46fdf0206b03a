"""``vigil check-config``: says everything that is wrong with a ward's configuration, or what it comes to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.config_complaint import Complaint
from monitor.errors import ConfigurationError, UsageError
from monitor.ward.credentials import credentials_directory, has_many_lines, read_credential, used_credentials
from monitor.ward.facility import FacilitySettings
from monitor.ward.reading import WardReading, read_ward
from monitor.ward.schema import ward_schema


def check_config(
    file: Annotated[Path | None, typer.Argument(help="The configuration, .yaml or .toml; its .d folder too.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema for editors instead.")] = False,
) -> int:
    """Check a ward's configuration: every error at once with file, line, column and dotted path.

    Exit code 0 when it can be used, 78 when not.
    """
    if schema:
        typer.echo(json.dumps(ward_schema(), indent=2))
        return 0
    if file is None:
        raise UsageError("wants the configuration to check, or --schema (see `vigil check-config --help`)")
    reading = read_ward(file)
    complaints, notes = list(reading.complaints), list(reading.notes)
    if reading.settings is not None:
        unreadable, unchecked = _credentials(reading, reading.settings)
        complaints += unreadable
        notes += unchecked
    if as_json:
        typer.echo(json.dumps(_told(reading, complaints, notes), indent=2))
    else:
        _say(file, reading, complaints, notes)
    return ConfigurationError.exit_code if complaints else 0


def _credentials(reading: WardReading, settings: FacilitySettings) -> tuple[list[Complaint], list[Complaint]]:
    """Credential files that cannot be used, and those that only the service can look at."""
    directory = credentials_directory()
    unreadable, unchecked = [], []
    for dotted, credential in used_credentials(settings):
        if directory is None and not credential.startswith("/"):
            said = "its file is not checked here: only the running service has it (LoadCredential=)"
            unchecked.append(reading.places.complaint(dotted, said))
            continue
        try:
            read_credential(credential, directory, many_lines=has_many_lines(dotted))
        except ConfigurationError as error:
            unreadable.append(reading.places.complaint(dotted, str(error)))
    return unreadable, unchecked


def _say(file: Path, reading: WardReading, complaints: list[Complaint], notes: list[Complaint]) -> None:
    for complaint in complaints:
        typer.echo(str(complaint), err=True)
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    if complaints:
        count = len(complaints)
        typer.echo(f"vigil: {file}: {count} {'error' if count == 1 else 'errors'}", err=True)
    elif reading.settings is not None:
        settings = reading.settings
        counts = ((len(settings.beds), "bed"), (len(settings.sources), "source"), (len(settings.sinks), "sink"))
        summary = ", ".join(f"{count} {name}{'' if count == 1 else 's'}" for count, name in counts)
        drop_ins = len(reading.files) - 1
        typer.echo(f"{file}: can be used: {summary}" + (f" ({drop_ins} drop-in files)" if drop_ins else ""))


def _told(reading: WardReading, complaints: list[Complaint], notes: list[Complaint]) -> dict[str, Any]:
    settings = reading.settings
    return {
        "usable": not complaints,
        "files": [str(path) for path in reading.files],
        "errors": [_placed(complaint) for complaint in complaints],
        "notes": [_placed(note) for note in notes],
        "beds": sorted(settings.beds) if settings else [],
        "sources": sorted(settings.sources) if settings else [],
        "sinks": sorted(settings.sinks) if settings else [],
    }


def _placed(complaint: Complaint) -> dict[str, Any]:
    mark = complaint.mark
    return {
        "file": str(mark.path),
        "line": mark.line or None,
        "column": mark.column or None,
        "path": complaint.dotted,
        "message": complaint.message,
    }
