"""One configuration out of a file and its drop-in folder.

Beside ``vigil.yaml`` lies ``vigil.d/`` (the file's name with the ending ``.d``); its ``.yaml``, ``.yml`` and ``.toml``
files are read in the order of their names (bytes), hidden files and other endings are passed over and named.

- Sections merge key by key; where two files set the same key, the later one counts.
- Everything else (numbers, text, lists such as a zone) is replaced whole; lists never grow together.
- A section whose ``kind`` changes (a source that becomes another sort of source) is replaced whole.
- ``null`` in place of a bed, source or sink takes it away; a later file may bring it back.
- A section of the whole ward that is empty (``alerts:`` with nothing under it) says nothing and takes nothing away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.config_complaint import Complaint, Malformed, Mark
from monitor.config_lines import ConfigurationFile, read
from monitor.config_tree import KIND

ENDINGS = frozenset({".yaml", ".yml", ".toml"})


@dataclass(frozen=True, slots=True)
class Merged:
    """The files as one, those read (in order), files of the folder passed over, and what made a file unreadable."""

    file: ConfigurationFile
    read: tuple[Path, ...]
    passed_over: tuple[Path, ...]
    complaints: tuple[Complaint, ...]


def drop_in_folder(path: Path) -> Path:
    """Where additions to the configuration ``path`` lie."""
    return path.with_suffix(".d")


def read_merged(path: Path) -> Merged:
    """``path`` and its drop-in folder, merged. Files that cannot be read are complained about, all of them."""
    drop_ins, passed_over, complaints = _listed(drop_in_folder(path))
    files: list[ConfigurationFile] = []
    for each in (path, *drop_ins):
        try:
            files.append(read(each))
        except Malformed as error:
            complaints.append(error.complaint)
    merged = merge(path, files)
    return Merged(merged, tuple(file.path for file in files), tuple(passed_over), tuple(complaints))


def merge(path: Path, files: Iterable[ConfigurationFile]) -> ConfigurationFile:
    """``files`` laid over each other in their order, every dotted path with the place that counted in the end."""
    values: dict[str, Any] = {}
    marks: dict[str, Mark] = {}
    for file in files:
        values = _laid_over(values, file.values, "", marks, file.marks)
    return ConfigurationFile(path, values, marks)


def _listed(folder: Path) -> tuple[list[Path], list[Path], list[Complaint]]:
    try:
        listed = sorted(folder.iterdir(), key=lambda each: each.name.encode("utf-8", "surrogateescape"))
    except (FileNotFoundError, NotADirectoryError):
        return [], [], []
    except OSError as error:
        return [], [], [Complaint(Mark(folder), "", str(error.strerror))]
    read_ones = [each for each in listed if each.suffix in ENDINGS and not each.name.startswith(".")]
    return read_ones, [each for each in listed if each not in read_ones], []


def _laid_over(
    under: Mapping[str, Any], over: Mapping[str, Any], prefix: str, marks: dict[str, Mark], new: Mapping[str, Mark]
) -> dict[str, Any]:
    merged = dict(under)
    for name, value in over.items():
        dotted = f"{prefix}.{name}" if prefix else str(name)
        present = merged.get(name)
        if value is None and not prefix and isinstance(present, Mapping):
            continue
        if isinstance(value, Mapping) and isinstance(present, Mapping) and not _other_kind(present, value):
            if dotted in new:
                marks[dotted] = new[dotted]
            merged[name] = _laid_over(present, value, dotted, marks, new)
            continue
        for gone in [mark for mark in marks if _within(mark, dotted)]:
            del marks[gone]
        marks.update({mark: place for mark, place in new.items() if _within(mark, dotted)})
        merged[name] = value
    return merged


def _other_kind(present: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    return KIND in present and KIND in value and present[KIND] != value[KIND]


def _within(mark: str, dotted: str) -> bool:
    return mark == dotted or mark.startswith((f"{dotted}.", f"{dotted}["))
