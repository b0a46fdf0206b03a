"""Runs a command under a unit's settings where systemd itself does not run. For developers; wants root.

    python -m monitor.service_manager.as_unit --base out/box systemd/vigil.service -- vigil run ward.yaml

Says which settings it applied and which it could not, is the command's service manager (readiness, status, watchdog),
hands SIGTERM, SIGINT and SIGHUP on, and ends with the command's exit status.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from monitor.errors import InputMissing, UsageError, VigilError
from monitor.service_manager.confinement import Confinement, find_user
from monitor.service_manager.keeper import ADDRESS, keep
from monitor.service_manager.unit_file import UnitFile, read_unit

_FOLDERS = {
    "StateDirectory": ("STATE_DIRECTORY", "state"),
    "RuntimeDirectory": ("RUNTIME_DIRECTORY", "run"),
    "CacheDirectory": ("CACHE_DIRECTORY", "cache"),
}
_ONLY_READ = ("CONFIGURATION_DIRECTORY", "CREDENTIALS_DIRECTORY")


def main(arguments: Sequence[str]) -> int:
    """The exit status: the command's own, or that of what was wrong before it started."""
    given = _parsed(arguments)
    try:
        if os.geteuid() != 0:
            raise UsageError("only root can put a command under a unit's settings")
        return _run(given)
    except VigilError as error:
        print(f"as_unit: {error}", file=sys.stderr)
        return error.exit_code


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="as_unit", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--base", type=Path, required=True, help="folder for the unit's state, run and cache folders")
    parser.add_argument("--instance", default="", help="what stands behind the @ of a template")
    parser.add_argument("--config-dir", type=Path, help="what $CONFIGURATION_DIRECTORY says; else BASE/etc")
    parser.add_argument("--user", help="runs as this user instead of the unit's; nobody when that does not exist")
    parser.add_argument("--readable", type=Path, action="append", default=[], help="stays in view, read-only")
    parser.add_argument("--writable", type=Path, action="append", default=[], help="stays in view")
    parser.add_argument("--without", action="append", default=[], metavar="SETTING", help="leave this setting out")
    parser.add_argument("unit", type=Path)
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


def _run(given: argparse.Namespace) -> int:
    base: Path = given.base.resolve()
    specifiers = {"i": given.instance, "C": str(base / "cache"), "S": str(base / "state"), "t": str(base / "run")}
    unit = _without(read_unit(given.unit, specifiers), given.without)
    user = find_user(given.user or unit.last("User", "nobody"), unit.last("Group"), unit.words("SupplementaryGroups"))
    environment, folders = _folders(unit, base, given.config_dir, user.uid, user.gid)
    for value in unit.all("Environment"):
        environment |= dict(word.partition("=")[::2] for word in value.split())
    environment |= _credentials(unit, base, user.uid, user.gid)
    config = [Path(environment[name]) for name in _ONLY_READ if name in environment]
    here = [Path(sys.prefix), Path(sys.base_prefix), Path(__file__).resolve().parents[2]]
    confinement = Confinement(
        unit=unit,
        user=user,
        writable=tuple(path.resolve() for path in (*folders, *given.writable)),
        readable=tuple(path.resolve() for path in (*here, *given.readable, base / ADDRESS, *config)),
        environment=environment,
    )
    return keep(confinement, given.command, base)


def _without(unit: UnitFile, keys: Sequence[str]) -> UnitFile:
    kept = {
        section: {key: values for key, values in entries.items() if key not in keys}
        for section, entries in unit.settings.items()
    }
    for key in keys:
        print(f"as_unit: left out: {key}", file=sys.stderr)
    return UnitFile(name=unit.name, settings=kept)


def _folders(unit: UnitFile, base: Path, config: Path | None, uid: int, gid: int) -> tuple[dict[str, str], list[Path]]:
    """Makes what systemd would make, below ``base``; the variables that name it, and the folders."""
    environment: dict[str, str] = {}
    made: list[Path] = []
    for key, (variable, place) in _FOLDERS.items():
        paths = [base / place / name for name in unit.words(key)]
        for path in paths:
            path.mkdir(parents=True, exist_ok=True)
            os.chown(path, uid, gid)
            path.chmod(int(unit.last(f"{key}Mode", "0755"), 8))
        made += paths
        if paths:
            environment[variable] = ":".join(map(str, paths))
    if unit.words("ConfigurationDirectory"):
        folder = (config or base / "etc").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        environment["CONFIGURATION_DIRECTORY"] = str(folder)
    return environment, made


def _credentials(unit: UnitFile, base: Path, uid: int, gid: int) -> dict[str, str]:
    """Copies what LoadCredential= names, for the user alone. InputMissing for a file that cannot be read."""
    wanted = [value.partition(":")[::2] for value in unit.all("LoadCredential")]
    if not wanted:
        return {}
    folder = base / "credentials"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for name, file in wanted:
        try:
            secret = Path(file).read_bytes()
        except OSError as error:
            raise InputMissing(f"credential {name}: {error.strerror}") from error
        place = folder / Path(name).name
        place.touch(mode=0o400)
        place.write_bytes(secret)
        os.chown(place, uid, gid)
    os.chown(folder, uid, gid)
    return {"CREDENTIALS_DIRECTORY": str(folder)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
