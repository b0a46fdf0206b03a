"""Secrets from files: $CREDENTIALS_DIRECTORY (systemd's LoadCredential=) or a file that only its owner can read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from monitor.errors import ConfigurationError
from monitor.ward.facility import FacilitySettings
from monitor.ward.secret import Secret as Secret

DIRECTORY_VARIABLE = "CREDENTIALS_DIRECTORY"
LARGEST_SECRET_BYTES = 64 << 10
_ENDING = "_credential"
_KEY = "private_key_credential"


def credentials_directory() -> Path | None:
    """Where systemd put this service's credentials; None outside such a service."""
    named = os.environ.get(DIRECTORY_VARIABLE)
    return Path(named) if named else None


def read_credential(credential: str, directory: Path | None, *, many_lines: bool = False) -> Secret:
    """The secret that ``credential`` (a name in ``directory``, or an absolute path) holds, one line of UTF-8.

    ConfigurationError says what is wrong and quotes neither content nor name (some write the secret there): missing,
    a link or no plain file, owned by somebody else, readable by others, too large, empty, or more than one line
    (``many_lines``: it may have them, as a key in PEM has).
    ``directory`` is systemd's, which opens its files to the service alone by an access list; there only the
    permissions of others are looked at.
    """
    if not credential.startswith("/") and directory is None:
        raise ConfigurationError(
            f"there is no ${DIRECTORY_VARIABLE}; give the unit LoadCredential= with this name, or write the absolute "
            "path of a file that only its owner can read"
        )
    if directory is None or credential.startswith("/"):
        named = f"credential {credential}"
        return Secret(_text(named, _read(Path(credential), named, forbidden=0o077), many_lines=many_lines))
    named = f"its file in ${DIRECTORY_VARIABLE}"
    return Secret(_text(named, _read(directory / credential, named, forbidden=0o007), many_lines=many_lines))


def used_credentials(settings: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Dotted path and credential of every setting that names one, in the order of the tree."""
    if isinstance(settings, Mapping):
        for name, value in settings.items():
            yield from used_credentials(value, f"{prefix}.{name}" if prefix else str(name))
    elif is_dataclass(settings):
        for each in fields(settings):
            value, dotted = getattr(settings, each.name), f"{prefix}.{each.name}" if prefix else each.name
            if each.name.endswith(_ENDING) and value is not None:
                yield dotted, value
            else:
                yield from used_credentials(value, dotted)


def has_many_lines(dotted: str) -> bool:
    """Whether the credential at ``dotted`` is a key in PEM."""
    return dotted.endswith(_KEY)


def credential_file(credential: str, directory: Path | None) -> Path:
    """The file of a credential that ``read_credential`` could read."""
    return (directory or Path("/")) / credential


def read_credentials(settings: FacilitySettings, directory: Path | None) -> dict[str, Secret]:
    """Every secret the ward needs, by dotted path (``sources.door.password_credential``).

    ConfigurationError with the dotted path for the first that cannot be read.
    """
    secrets = {}
    for dotted, credential in used_credentials(settings):
        try:
            secrets[dotted] = read_credential(credential, directory, many_lines=has_many_lines(dotted))
        except ConfigurationError as error:
            raise ConfigurationError(f"{dotted}: {error}") from error
    return secrets


def _read(path: Path, named: str, forbidden: int) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise ConfigurationError(f"{named}: {error.strerror}") from None
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise ConfigurationError(f"{named}: is no plain file")
        if facts.st_uid not in (0, os.geteuid()):
            raise ConfigurationError(f"{named}: belongs to neither this user nor root")
        if facts.st_mode & forbidden:
            mode = stat.S_IMODE(facts.st_mode)
            raise ConfigurationError(f"{named}: others may read or write it (mode {mode:o}); chmod 600 it")
        return os.read(handle, LARGEST_SECRET_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"{named}: {error.strerror}") from None
    finally:
        os.close(handle)


def _text(named: str, raw: bytes, *, many_lines: bool) -> str:
    if len(raw) > LARGEST_SECRET_BYTES:
        raise ConfigurationError(f"{named}: is larger than {LARGEST_SECRET_BYTES} bytes")
    try:
        text = raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{named}: is not UTF-8 text") from None
    if not text:
        raise ConfigurationError(f"{named}: is empty")
    if "\0" in text or (not many_lines and any(sign in text for sign in "\n\r")):
        raise ConfigurationError(f"{named}: wants {'text' if many_lines else 'one line'}")
    return text
