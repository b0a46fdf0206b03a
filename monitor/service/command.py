"""``vigil run``: the live service, headless, until it is told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

LONGEST_START_S = 300.0
"""A database of an earlier version is migrated first: a week of eight beds takes half a minute on a busy machine."""


def run(
    file: Annotated[Path | None, typer.Argument(help="The configuration, .yaml or .toml; its .d folder too.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="The same as FILE.")] = None,
    state_dir: Annotated[
        Path | None, typer.Option(help="Folder of database and alert journal; $STATE_DIRECTORY when left out.")
    ] = None,
    runtime_dir: Annotated[
        Path | None, typer.Option(help="Folder of the control socket; $RUNTIME_DIRECTORY when left out.")
    ] = None,
) -> None:
    """Watch the ward of a configuration: cameras, judgements, alerts, sinks. SIGHUP reads the configuration again."""
    import os

    from models.bundle import default_bundle, open_bundle
    from monitor.errors import UsageError
    from monitor.face.assets import obtain
    from monitor.service.folders import find_folders
    from monitor.service.log import set_up_log
    from monitor.service.supervisor import Supervisor
    from monitor.service_manager.notify import ServiceManager
    from monitor.ward.credentials import credentials_directory, read_credentials
    from monitor.ward.reading import read_ward

    manager = ServiceManager.from_environment(os.environ)
    try:
        if file is not None and config is not None:
            raise UsageError("give the configuration once, as FILE or by --config")
        folders = find_folders(file or config, state_dir, runtime_dir, os.environ)
        reading = read_ward(folders.configuration)
        settings = reading.settings_or_raise()
        secrets = read_credentials(settings, credentials_directory())
        open_bundle(settings.model or default_bundle())
        if settings.landmarker is not None:
            obtain(settings.landmarker)
        set_up_log(settings.logging)
        manager.extend(LONGEST_START_S)
        Supervisor(settings, folders, secrets, manager).run()
    finally:
        manager.close()
