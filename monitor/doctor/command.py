"""``vigil doctor``: looks the machine over and says in words what is wrong."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from monitor.doctor.finding import Finding, Verdict, count
from monitor.doctor.printed import lines, summary
from monitor.errors import UsageError
from monitor.ward.credentials import credentials_directory
from monitor.ward.facility import FacilitySettings
from monitor.ward.reading import read_ward

MOST_SECONDS = 120.0
_STATE = Path("/var/lib/vigil")
_SQLITE = "sqlite:///"


def doctor(
    file: Annotated[
        Path | None, typer.Argument(help="The ward's configuration; its sources are tried.", show_default=False)
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long each source is watched after its first picture.")] = 5.0,
    credentials: Annotated[
        Path | None,
        typer.Option(help="Folder of credential files; $CREDENTIALS_DIRECTORY when left out.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
) -> int:
    """Look this machine over: cameras, codecs, memory, clocks, disk, page, models; say what is wrong and what to do.

    With a configuration every source of it is tried, so end the service first where cameras allow one viewer.
    Exit code 0, or 1 when something that is needed is wrong.
    """
    if not 0 < seconds <= MOST_SECONDS:
        raise UsageError(f"--seconds must lie in 0 to {MOST_SECONDS:g}, got {seconds:g}")
    findings = list(_examined(file, credentials or credentials_directory(), seconds))
    if as_json:
        told = {"ok": not count(findings, Verdict.WRONG), "summary": summary(findings)}
        typer.echo(json.dumps(told | {"findings": [finding.to_json() for finding in findings]}, indent=2))
    else:
        colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        for line in lines(findings, shutil.get_terminal_size((100, 24)).columns, colours=colours):
            typer.echo(line)
    return 1 if count(findings, Verdict.WRONG) else 0


def _examined(file: Path | None, credentials: Path | None, seconds: float) -> Iterator[Finding]:
    from monitor.doctor import cameras, codecs, learned, machine, page

    settings = FacilitySettings()
    if file is not None:
        reading = read_ward(file)
        if reading.settings is None:
            more = len(reading.complaints) - 1
            said = f"{reading.complaints[0]}{f' (and {more} more)' if more else ''}"
            yield Finding(
                area="configuration", about=file.name, verdict=Verdict.WRONG, said=said,
                advice=f"vigil check-config {file} tells all of it; the machine is looked over without it",
            )  # fmt: skip
        else:
            settings = reading.settings
            parts = {"bed": settings.beds, "source": settings.sources, "sink": settings.sinks}
            said = ", ".join(f"{len(each)} {name}{'' if len(each) == 1 else 's'}" for name, each in parts.items())
            yield Finding(area="configuration", about=file.name, verdict=Verdict.OK, said=said)
    yield from cameras.devices(settings.sources)
    yield from cameras.tried(settings, credentials, seconds)
    yield from codecs.codecs(settings.sources.values())
    yield from machine.memory(max(1, len(settings.sources)))
    yield from machine.clocks()
    yield from machine.disk(_state_folder(settings), settings.storage.largest_mib)
    yield from page.page(settings.page, credentials)
    yield from learned.learned(settings)


def _state_folder(settings: FacilitySettings) -> Path:
    """Where the database lies or will lie."""
    url = settings.storage.database_url or ""
    if url.startswith(_SQLITE):
        return Path(url.removeprefix(_SQLITE)).parent
    return Path(os.environ.get("STATE_DIRECTORY", "").split(":")[0] or _STATE)
