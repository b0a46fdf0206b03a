"""A configuration file as nested mappings, and the line on which each dotted path was written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from monitor.errors import ConfigurationError

_TABLE = re.compile(r"^\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+)\s*=")


@dataclass(frozen=True, slots=True)
class ConfigurationFile:
    """``values`` as written, ``lines`` from dotted path to line number (1 is the first)."""

    path: Path
    values: dict[str, Any]
    lines: dict[str, int]

    def error(self, dotted: str, message: str) -> ConfigurationError:
        """The error to raise for the value at ``dotted``, with the line where it was written."""
        line = self.lines.get(dotted.split("[", 1)[0])
        where = f"{self.path}:{line}" if line else str(self.path)
        return ConfigurationError(f"{where}: {dotted}: {message}")


def read(path: Path) -> ConfigurationFile:
    """A ``.toml``, ``.yaml`` or ``.yml`` file; ConfigurationError when it is missing or malformed."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise ConfigurationError(f"{path}: {reason}") from error
    if path.suffix == ".toml":
        return _read_toml(path, text)
    if path.suffix in {".yaml", ".yml"}:
        return _read_yaml(path, text)
    raise ConfigurationError(f"{path}: configuration is read from .toml, .yaml or .yml, not {path.suffix or 'this'}")


def _read_toml(path: Path, text: str) -> ConfigurationFile:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from error
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = _unquoted(header.group(1))
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            name = _unquoted(key.group(1))
            lines.setdefault(f"{table}.{name}" if table else name, number)
    return ConfigurationFile(path, values, lines)


def _unquoted(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))


def _read_yaml(path: Path, text: str) -> ConfigurationFile:
    try:
        values = yaml.safe_load(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if values is None:
        return ConfigurationFile(path, {}, {})
    if not isinstance(values, dict):
        raise ConfigurationError(f"{path}: wants settings by name, has a {type(values).__name__}")
    return ConfigurationFile(path, values, dict(_yaml_lines(root, "")))


def _yaml_lines(node: Any, prefix: str) -> Iterator[tuple[str, int]]:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        dotted = f"{prefix}.{key.value}" if prefix else str(key.value)
        yield dotted, key.start_mark.line + 1
        yield from _yaml_lines(value, dotted)
