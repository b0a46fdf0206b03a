"""Reads unit files as far as a service's own settings need it: sections, lists, resets, continuations, specifiers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import ConfigurationError, InputMissing

_YES = {"1", "yes", "true", "on"}


@dataclass(frozen=True, slots=True)
class UnitFile:
    """A unit with its drop-ins; ``settings[section][key]`` are all values in order, an empty one took those before."""

    name: str
    settings: Mapping[str, Mapping[str, tuple[str, ...]]]

    def all(self, key: str, section: str = "Service") -> tuple[str, ...]:
        """Every value of a key that may be given several times."""
        return self.settings.get(section, {}).get(key, ())

    def last(self, key: str, default: str = "", section: str = "Service") -> str:
        """The value that counts of a key that holds one."""
        values = self.all(key, section)
        return values[-1] if values else default

    def words(self, key: str, section: str = "Service") -> tuple[str, ...]:
        """Every value of a list, split at spaces."""
        return tuple(word for value in self.all(key, section) for word in value.split())

    def is_on(self, key: str, section: str = "Service") -> bool:
        """Whether a yes-or-no key says yes."""
        return self.last(key, section=section).lower() in _YES


def read_unit(path: Path, specifiers: Mapping[str, str] | None = None) -> UnitFile:
    """The unit at ``path`` and the ``*.conf`` of its drop-in folder ``NAME.d`` beside it, in order.

    ``specifiers`` replace ``%X`` by letter. InputMissing, ConfigurationError with the line that makes no sense.
    """
    settings: dict[str, dict[str, tuple[str, ...]]] = {}
    folder = path.with_name(f"{path.name}.d")
    for file in (path, *(sorted(folder.glob("*.conf")) if folder.is_dir() else ())):
        try:
            text = file.read_text(encoding="utf-8")
        except OSError as error:
            raise InputMissing(f"{file}: {error.strerror}") from error
        _take(file, text, settings, {"%": "%", **(specifiers or {})})
    return UnitFile(name=path.name, settings=settings)


def _take(
    file: Path, text: str, settings: dict[str, dict[str, tuple[str, ...]]], specifiers: Mapping[str, str]
) -> None:
    section = ""
    for number, line in _joined(text):
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            continue
        key, equals, value = line.partition("=")
        if not equals or not section or not key.strip().isalnum():
            raise ConfigurationError(f"{file}:{number}: neither a section nor KEY=value")
        values = settings.setdefault(section, {})
        said = re.sub("%(.)", lambda found: specifiers.get(found[1], found[0]), value.strip())
        values[key.strip()] = (*values.get(key.strip(), ()), said) if said else ()


def _joined(text: str) -> list[tuple[int, str]]:
    """Lines that say something, with their number; a backslash at the end joins the next."""
    lines: list[tuple[int, str]] = []
    open_line = False
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line[:1] in {"#", ";"} or (not line and not open_line):
            continue
        if open_line:
            lines[-1] = (lines[-1][0], f"{lines[-1][1]} {line}")
        else:
            lines.append((number, line))
        open_line = line.endswith("\\")
        lines[-1] = (lines[-1][0], lines[-1][1].removesuffix("\\").rstrip())
    return lines
