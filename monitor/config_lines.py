"""A configuration file as nested mappings, and the place where each dotted path was written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.config_complaint import Complaint, Malformed, Mark
from monitor.config_toml import read_toml
from monitor.config_yaml import read_yaml

LARGEST_FILE_BYTES = 1 << 20
_LAST_STEP = re.compile(r"(\.[^.\[\]]*|\[\d+\])$")


@dataclass(frozen=True, slots=True)
class ConfigurationFile:
    """``values`` as written, ``marks`` from dotted path (``face.zone[2]``) to the place where it stands."""

    path: Path
    values: dict[str, Any]
    marks: dict[str, Mark]

    def complaint(self, dotted: str, message: str) -> Complaint:
        """What is wrong at ``dotted``, with the place of it or of what holds it."""
        at = dotted
        while at and at not in self.marks:
            shorter = _LAST_STEP.sub("", at)
            at = shorter if shorter != at else ""
        shown = "".join(sign if sign.isprintable() else "?" for sign in dotted)  # a name may hold anything
        return Complaint(self.marks[at] if at else Mark(self.path), shown, message)


def read(path: Path) -> ConfigurationFile:
    """A ``.toml``, ``.yaml`` or ``.yml`` file; ConfigurationError (Malformed) when it is missing or malformed."""
    try:
        with path.open("rb") as opened:
            raw = opened.read(LARGEST_FILE_BYTES + 1)
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise Malformed(Complaint(Mark(path), "", str(reason))) from error
    if len(raw) > LARGEST_FILE_BYTES:
        raise Malformed(Complaint(Mark(path), "", f"is larger than {LARGEST_FILE_BYTES} bytes"))
    if path.suffix == ".toml":
        return ConfigurationFile(path, *read_toml(path, text))
    if path.suffix in {".yaml", ".yml"}:
        return ConfigurationFile(path, *read_yaml(path, text))
    said = f"configuration is read from .toml, .yaml or .yml, not {path.suffix or 'this'}"
    raise Malformed(Complaint(Mark(path), "", said))
