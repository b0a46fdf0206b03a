"""Lists of labelled files: a CSV whose rows name pictures or films and say whether they show pain."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import InputError, InputMissing

PAIN = frozenset({"pain", "1", "true", "yes", "grimace"})
NO_PAIN = frozenset({"nopain", "nonpain", "notpain", "notinpain", "0", "false", "no", "none", "laugh", "neutral"})
"""Spellings of the labels, without case, blanks and marks."""
DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """One row of ``source``. ``number`` counts as a spreadsheet does: the header is row 1."""

    source: Path
    number: int
    cells: Mapping[str, str]

    def wrong(self, reason: str) -> InputError:
        """The error that names file, row and ``reason``."""
        return InputError(f"{self.source}: row {self.number}: {reason}")

    def path(self, column: str) -> Path:
        """The file named in ``column``: absolute, or relative to the list's folder. InputError for an empty cell."""
        named = self.cells[column]
        if not named:
            raise self.wrong(f"{column} is empty")
        return self.source.parent / Path(named).expanduser()

    def pain(self, column: str = "label") -> bool:
        """Whether the row is labelled as pain. InputError for a label that says neither."""
        said = "".join(sign for sign in self.cells[column].casefold() if sign.isalnum())
        if said not in PAIN | NO_PAIN:
            raise self.wrong(f"{column} must be pain or no pain (also 1 or 0), got {self.cells[column]!r}")
        return said in PAIN

    def seconds(self, column: str) -> float | None:
        """The time in ``column``, None for an empty or missing cell. InputError unless it is a number ≥ 0."""
        said = self.cells.get(column, "")
        if not said:
            return None
        try:
            value = float(said)
        except ValueError:
            value = math.nan
        if not 0.0 <= value < math.inf:
            raise self.wrong(f"{column} must be seconds (a number >= 0) or empty, got {said!r}")
        return value


def read_labelled(file: Path, columns: Sequence[str]) -> list[LabelledRow]:
    """All rows of ``file``, a CSV in UTF-8 with at least ``columns`` in its header; other columns are kept too.

    Commas, semicolons or tabs separate cells; blank rows are skipped. InputMissing without the file, InputError when
    it is no such list, naming the row.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputMissing(f"{file}: no such file") from error
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not a CSV: no UTF-8 text (byte {error.start})") from error
    lines = text.splitlines()
    header_line = lines[0] if lines else ""
    delimiter = max(DELIMITERS, key=header_line.count)
    try:
        table = [(number, cells) for number, cells in enumerate(csv.reader(lines, delimiter=delimiter), start=1)]
    except csv.Error as error:
        raise InputError(f"{file}: not a CSV: {error}") from error
    header = [name.strip().casefold() for name in table[0][1]] if table else []
    missing = [name for name in columns if name not in header]
    if missing:
        shown = ", ".join(header[:8]) or "empty"
        raise InputError(f"{file}: row 1: no column {missing[0]!r}; wanted {','.join(columns)}, the header is {shown}")
    rows = []
    for number, cells in table[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise InputError(f"{file}: row {number}: {len(cells)} cells, the header has {len(header)}")
        rows.append(LabelledRow(file, number, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
    if not rows:
        raise InputError(f"{file}: no rows below the header")
    return rows
