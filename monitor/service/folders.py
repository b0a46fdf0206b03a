"""Where the service keeps its state and its socket: as told, else by systemd's variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import ConfigurationError, OutputError, UsageError

CONFIGURATION_NAMES = ("vigil.yaml", "vigil.yml", "vigil.toml")
SYSTEM_CONFIGURATION = Path("/etc/vigil")
_HINT = (
    "no configuration: give --config FILE, or set CONFIGURATION_DIRECTORY to the folder of vigil.yaml "
    "(an example with every key: systemd/vigil.example.yaml)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """``configuration`` is the file; ``state`` outlives the service, ``runtime`` does not."""

    configuration: Path
    state: Path
    runtime: Path

    @property
    def control_socket(self) -> Path:
        """Where ``vigil bed`` finds the running service."""
        return self.runtime / "control.sock"

    @property
    def journal(self) -> Path:
        """The alert journal, unless a sink names another file."""
        return self.state / "alerts.jsonl"


def find_folders(
    config: Path | None, state: Path | None, runtime: Path | None, environment: Mapping[str, str]
) -> Folders:
    """All folders, made where they are missing. ConfigurationError without configuration, OutputError for the rest."""
    return Folders(
        configuration=find_configuration(config, environment),
        state=_folder(state, "STATE_DIRECTORY", "--state-dir", environment, 0o750),
        runtime=find_runtime(runtime, environment, make=True),
    )


def find_runtime(given: Path | None, environment: Mapping[str, str], *, make: bool = False) -> Path:
    """The folder of the control socket: given, systemd's, else /run/vigil where it is, else the user's own."""
    named = given or _named("RUNTIME_DIRECTORY", environment)
    if named is None and not make and Path("/run/vigil").is_dir():
        named = Path("/run/vigil")
    if named is None and (own := environment.get("XDG_RUNTIME_DIR")):
        named = Path(own) / "vigil"
    if named is None:
        raise UsageError("no folder for the control socket: give --runtime-dir, or set RUNTIME_DIRECTORY")
    return _made(named, 0o750) if make else named


def find_configuration(given: Path | None, environment: Mapping[str, str]) -> Path:
    """The configuration file: given, else in systemd's folder, else in the system's. ConfigurationError when none."""
    if given is not None:
        return given
    folder = _named("CONFIGURATION_DIRECTORY", environment) or SYSTEM_CONFIGURATION
    for name in CONFIGURATION_NAMES:
        if (folder / name).exists():
            return folder / name
    raise ConfigurationError(_HINT)


def _folder(given: Path | None, variable: str, option: str, environment: Mapping[str, str], mode: int) -> Path:
    named = given or _named(variable, environment)
    if named is None:
        raise UsageError(f"no folder for the state: give {option}, or set {variable}")
    return _made(named, mode, bears_read_only=True)


def _named(variable: str, environment: Mapping[str, str]) -> Path | None:
    """The first folder that systemd names (it separates several by colons)."""
    first = environment.get(variable, "").split(":")[0]
    return Path(first) if first else None


def _made(folder: Path, mode: int, *, bears_read_only: bool = False) -> Path:
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be created: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK) and not (bears_read_only and on_read_only_disk(folder)):
        raise OutputError(f"{folder}: cannot be written")
    return folder.resolve()


def on_read_only_disk(folder: Path) -> bool:
    """Whether nobody can write there: a disk that failed, not a folder that belongs to somebody else."""
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
