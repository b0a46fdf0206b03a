"""The alert journal, read: every transition in order, torn lines reported, damage refused by file and line."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from monitor.alerts.alert_journal import FORMAT, VERSION
from monitor.alerts.transition import Transition
from monitor.errors import InputError, InputMissing

_LENGTHS = ("held_s", "out_s", "seconds", "assessed_s", "paused_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class TornLine:
    """A line that a power cut or kill left unfinished."""

    path: Path
    line: int
    bytes: int

    def __str__(self) -> str:
        return f"{self.path}: line {self.line}: torn ({self.bytes} bytes of an unfinished line), skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalContent:
    """All transitions as they were written, and the lines that were torn."""

    transitions: Sequence[Transition]
    torn: Sequence[TornLine]


def journal_files(paths: Iterable[Path]) -> list[Path]:
    """The files meant: a folder means every ``*.jsonl`` in it. InputMissing for what is not there."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(path.glob("*.jsonl"))
            if not inside:
                raise InputMissing(f"{path}: no journal (*.jsonl) in this folder")
            files += inside
        elif path.exists():
            files.append(path)
        else:
            raise InputMissing(f"{path}: no such file")
    return list(dict.fromkeys(files))


def read_journals(files: Iterable[Path]) -> JournalContent:
    """Every transition of ``files``, older files first, as written; one that stands in two files counts once."""
    read = [_read(file) for file in files]
    parts = sorted((transitions for transitions, _ in read if transitions), key=lambda part: part[0].at)
    found: dict[tuple[str, int, str], Transition] = {}
    for entry in (entry for part in parts for entry in part):
        found.setdefault((entry.bed, entry.number, entry.at.isoformat()), entry)
    return JournalContent(transitions=list(found.values()), torn=[line for _, broken in read for line in broken])


def last_numbers(transitions: Iterable[Transition]) -> dict[str, tuple[int, int]]:
    """Per bed the highest transition and alert numbers, for ``bed_state.numbered_after``."""
    last: dict[str, tuple[int, int]] = {}
    for entry in transitions:
        told, alerts = last.get(entry.bed, (0, 0))
        number = 0 if entry.alert_id is None else int(entry.alert_id.rpartition(":")[2])
        last[entry.bed] = max(told, entry.number), max(alerts, number)
    return last


def _read(file: Path) -> tuple[list[Transition], list[TornLine]]:
    try:
        payload = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}") from error
    *whole, rest = payload.split(b"\n")
    torn = [TornLine(path=file, line=len(whole) + 1, bytes=len(rest))] if rest else []
    if not whole:
        if torn:
            return [], torn
        raise InputError(f"{file}: line 1: no alert journal: the file is empty")
    _check_header(file, whole[0])
    transitions = []
    for number, line in enumerate(whole[1:], start=2):
        if line == b'{"torn_before":true}':
            continue
        try:
            transitions.append(_parsed(line))
        except ValueError as error:
            if number < len(whole) and whole[number] == b'{"torn_before":true}':
                torn.append(TornLine(path=file, line=number, bytes=len(line)))
                continue
            raise InputError(f"{file}: line {number}: {_why(error)}") from error
    return transitions, torn


def _check_header(file: Path, line: bytes) -> None:
    try:
        header: Any = json.loads(line)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise InputError(f"{file}: line 1: no alert journal: 'format' must be {FORMAT!r}")
    if header.get("version") != VERSION:
        raise InputError(f"{file}: line 1: journal of version {header.get('version')!r}, this program reads {VERSION}")


def _parsed(line: bytes) -> Transition:
    entry = _adapter().validate_json(line)
    if entry.at.tzinfo is None:
        raise ValueError("at: must carry a time zone")
    if not 1970 <= entry.at.year < 9000:
        raise ValueError(f"at: no date of a journal: {entry.at.isoformat()}")
    if entry.alert_id is not None and re.fullmatch(r".*:[0-9]{1,18}", entry.alert_id, re.DOTALL) is None:
        raise ValueError(f"alert_id: must be BED:NUMBER, got {entry.alert_id!r}")
    for name in _LENGTHS:
        length = getattr(entry, name)
        if length is not None and not 0.0 <= length < math.inf:
            raise ValueError(f"{name}: must be seconds >= 0, got {length}")
    return entry


def _why(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else f"no JSON: {first['msg']}"


@cache
def _adapter() -> TypeAdapter[Transition]:
    return TypeAdapter(Transition)
