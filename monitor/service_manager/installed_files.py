"""What an installation consists of: units with the right path in them, users, folders, examples. Reads only."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import ServiceUnavailable, UsageError

_EXECUTABLE_IN_UNITS = "/opt/vigil/bin/vigil"
_UNITS = ("vigil.service", "vigil@.service", "vigil-sidecar.service", "vigil-sidecar@.service")
_DROP_INS = ("credentials", "network", "notify-reload", "memory", "page")
_WATCHING = ("prometheus/vigil.rules.yml", "prometheus/scrape.example.yml", "grafana/vigil.json")
_PLAIN = re.compile(r"/[\w./+@-]+", re.ASCII)
_HIDDEN = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")
"""Folders that the units do not see (ProtectHome=, PrivateTmp=)."""


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """``content`` belongs at ``target`` (absolute, without staging folder). Configuration stays at an uninstall."""

    target: Path
    content: bytes
    is_configuration: bool = False


def files_of(prefix: Path, executable: Path, source: Path | None = None) -> list[InstalledFile]:
    """Every file, its content as it belongs on this machine. ``source`` is the folder ``systemd`` of this program."""
    source = source or find_source()
    library, share = prefix / "lib", prefix / "share" / "vigil"

    def content(name: str) -> bytes:
        try:
            return (source / name).read_bytes()
        except OSError as error:
            raise ServiceUnavailable(f"{source / name}: {error.strerror}; install vigil anew") from error

    units = [
        InstalledFile(
            library / "systemd" / "system" / name,
            content(name).replace(_EXECUTABLE_IN_UNITS.encode(), str(executable).encode()),
        )
        for name in _UNITS
    ]
    examples = [f"{name}.conf.example" for name in _DROP_INS]
    return [
        *units,
        InstalledFile(library / "sysusers.d" / "vigil.conf", content("sysusers.conf")),
        InstalledFile(library / "tmpfiles.d" / "vigil.conf", content("tmpfiles.conf")),
        *(InstalledFile(share / "drop-ins" / name, content(f"drop-ins/{name}")) for name in examples),
        *(InstalledFile(share / name, content(name)) for name in _WATCHING),
        InstalledFile(Path("/etc/vigil/vigil.example.yaml"), content("vigil.example.yaml"), is_configuration=True),
        InstalledFile(Path("/etc/vigil/vigil.d/10-sidecar.yaml"), content("10-sidecar.yaml"), is_configuration=True),
    ]


def find_source() -> Path:
    """Where this program keeps its units: in the checkout, or in the environment that it was installed into."""
    places = (Path(__file__).resolve().parents[2] / "systemd", Path(sys.prefix) / "share" / "vigil" / "systemd")
    for place in places:
        if (place / _UNITS[0]).is_file():
            return place
    raise ServiceUnavailable(
        f"no units in {' or '.join(map(str, places))}; the Debian package has put them in place itself, "
        "elsewhere install vigil anew"
    )


def require_executable(executable: Path, *, must_exist: bool) -> None:
    """UsageError for a command that the units cannot start: a strange path, one that they do not see, or none."""
    if not _PLAIN.fullmatch(str(executable)):
        raise UsageError(f"{executable}: units want an absolute path of letters, digits and ./_+@-; give --executable")
    for path in (executable, *interpreter_of(executable)):
        if hidden := next((folder for folder in _HIDDEN if path.is_relative_to(folder)), None):
            raise UsageError(
                f"{path}: the service does not see {hidden} (ProtectHome=, PrivateTmp=); install vigil into an "
                "environment elsewhere, for example /opt/vigil with an interpreter of the system"
            )
    if must_exist and not executable.is_file():
        raise UsageError(f"{executable}: there is no such command; give --executable")


def interpreter_of(executable: Path) -> list[Path]:
    """The interpreter that a script names in its first line, where its links lead; nothing for anything else."""
    try:
        with executable.open("rb") as script:
            first = script.readline(512).decode(errors="replace").strip()
    except OSError:
        return []
    named = first.removeprefix("#!").split()
    return [Path(named[0]).resolve()] if first.startswith("#!") and named else []
