"""``vigil install``: units, users, folders and examples, where an administrator expects them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def install(
    root: Annotated[
        Path, typer.Option(help="Staging folder: everything goes below it, nothing else is touched.")
    ] = Path("/"),
    prefix: Annotated[Path, typer.Option(help="Units go to PREFIX/lib: /usr/local, or /usr in a package.")] = Path(
        "/usr/local"
    ),
    executable: Annotated[
        Path | None, typer.Option(help="What the units start; this environment's vigil when left out.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say every step and take none.")] = False,
    uninstall: Annotated[
        bool, typer.Option("--uninstall", help="Take away what was installed; configuration and state stay.")
    ] = False,
) -> None:
    """Install the systemd units of the live service. Asks no network, starts nothing, overwrites no changed file."""
    import sys

    from monitor.errors import UsageError
    from monitor.service_manager.installation import Installation
    from monitor.service_manager.installed_files import files_of, require_executable
    from monitor.service_manager.system_steps import after_installing, after_uninstalling, require_stopped

    if not prefix.is_absolute():
        raise UsageError(f"--prefix {prefix}: must be absolute; --root puts everything below another folder")
    staged = root.resolve() != Path("/")
    started = executable or Path(sys.prefix) / "bin" / "vigil"
    installation = Installation(
        root=root.resolve(), record=prefix / "share" / "vigil" / "installed.json", say=typer.echo, dry_run=dry_run
    )
    files = files_of(prefix, started)
    if uninstall:
        if not staged:
            require_stopped()
        installation.uninstall(str(file.target) for file in files if file.is_configuration)
        after_uninstalling(typer.echo, act=not staged and not dry_run)
        return
    require_executable(started, must_exist=not staged)
    installation.install(files)
    after_installing(typer.echo, prefix, started, act=not staged and not dry_run)
