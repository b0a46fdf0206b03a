"""TOML and the place of each of its keys (the standard reader gives none)."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from monitor.config_complaint import Complaint, Malformed, Mark

_WORD = r"(?:[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*')"
_NAME = rf"{_WORD}(?:\s*\.\s*{_WORD})*"
_TABLE = re.compile(rf"^\s*\[\s*({_NAME})\s*\]\s*(#.*)?$")
_KEY = re.compile(rf"^\s*({_NAME})\s*=")
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_QUOTES = ('"""', "'''")


def read_toml(path: Path, text: str) -> tuple[dict[str, Any], dict[str, Mark]]:
    """Nested values and the place of every key that begins a line; Malformed when it is not TOML.

    Keys inside inline tables and lists have no place of their own; the place of what holds them stands for them.
    """
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        place = _PLACE.search(str(error))
        mark = Mark(path, int(place.group(1)), int(place.group(2))) if place else Mark(path)
        said = _PLACE.sub("", str(error)).strip() or "ends too early"
        raise Malformed(Complaint(mark, "", f"not valid TOML: {said}")) from None
    return values, _marks(path, text)


def _marks(path: Path, text: str) -> dict[str, Mark]:
    marks: dict[str, Mark] = {}
    table = ""
    inside: str | None = None  # the quotes of a text over several lines
    for number, line in enumerate(text.splitlines(), start=1):
        if inside is None:
            if header := _TABLE.match(line):
                table = _unquoted(header.group(1))
                marks.setdefault(table, Mark(path, number, header.start(1) + 1))
            elif key := _KEY.match(line):
                name = _unquoted(key.group(1))
                marks.setdefault(f"{table}.{name}" if table else name, Mark(path, number, key.start(1) + 1))
        inside = _text_over_lines(line, inside)
    return marks


def _text_over_lines(line: str, inside: str | None) -> str | None:
    """The quotes of the text that is still open after ``line``."""
    at = 0
    while True:
        if inside is not None:
            end = line.find(inside, at)
            if end < 0:
                return inside
            at, inside = end + 3, None
        starts = [(line.find(quotes, at), quotes) for quotes in _QUOTES if line.find(quotes, at) >= 0]
        if not starts:
            return None
        begin, inside = min(starts)
        at = begin + 3


def _unquoted(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
