"""What is wrong in a configuration file and where: file, line, column and dotted path. No secret is ever quoted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import ConfigurationError

_USER_INFO = re.compile(r"://[^/@\s]*@")
_LONGEST_QUOTE = 80


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; ``line`` and ``column`` count from 1, 0 is unknown."""

    path: Path
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        numbers = [str(number) for number in (self.line, self.column) if number]
        return ":".join([str(self.path), *numbers])


@dataclass(frozen=True, slots=True)
class Complaint:
    """``dotted`` is the path of the setting ("" for the file as a whole), ``message`` one line without secrets."""

    mark: Mark
    dotted: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (str(self.mark), self.dotted, self.message) if part)

    def error(self) -> ConfigurationError:
        """The same as an error, by file and line as a replay says it."""
        where = f"{self.mark.path}:{self.mark.line}" if self.mark.line and self.dotted else str(self.mark.path)
        return ConfigurationError(": ".join(part for part in (where, self.dotted, self.message) if part))


class Malformed(ConfigurationError):
    """A file that cannot be read as YAML or TOML at all; ``complaint`` knows the place."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(str(complaint.error()))
        self.complaint = complaint


def quoted(value: Any) -> str:
    """``value`` as it may be shown: sections and lists by their kind alone, addresses without user and password."""
    if isinstance(value, Mapping):
        return "a section"
    if isinstance(value, list | tuple | set):
        return "a list"
    if value is None:
        return "nothing"
    shown = _USER_INFO.sub("://***@", repr(value))
    return shown if len(shown) <= _LONGEST_QUOTE else shown[:_LONGEST_QUOTE] + "…"
