"""A table with a published value beside each of ours: as shown cells for the page, as CSV for programs."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

Cell = str | int | float | None
Row = Sequence[Cell]
UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class ShownCell:
    """``ours`` and, where the paper has a value, ``published``, as text."""

    ours: str
    published: str
    number: bool
    marked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """See ``Report.table``."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    published: tuple[tuple[Cell, ...], ...] | None
    title: str
    note: str
    stand_in: bool
    keys: int
    digits: int
    marks: frozenset[tuple[int, int]]

    def __post_init__(self) -> None:
        for row in (*self.rows, *(self.published or ())):
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.name}: {len(self.columns)} columns, but a row of {len(row)}: {row}")

    def paired(self) -> list[tuple[tuple[Cell, ...], tuple[Cell, ...] | None]]:
        """Each of our rows with its published one, then published rows that we lack (ours: keys and None)."""
        left = {self._key(row): row for row in self.published or ()}
        pairs = [(row, left.pop(self._key(row), None)) for row in self.rows]
        empty = (None,) * (len(self.columns) - self.keys)
        return [*pairs, *(((*row[: self.keys], *empty), row) for row in left.values())]

    def lines(self) -> list[list[ShownCell]]:
        """The rows as text."""
        return [
            [
                ShownCell(
                    shown(ours, self.digits),
                    "" if theirs is None or column < self.keys else said_by_the_paper(theirs[column], self.digits),
                    isinstance(ours, int | float) or ours is None,
                    (number, column) in self.marks,
                )
                for column, ours in enumerate(row)
            ]
            for number, (row, theirs) in enumerate(self.paired())
        ]

    def csv(self) -> str:
        """One line a row, floats in full; with published values a column ``X (published)`` after each X."""
        beside = self.published is not None
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        header: list[str] = []
        for place, column in enumerate(self.columns):
            header += [column, f"{column} (published)"] if beside and place >= self.keys else [column]
        writer.writerow([*header, "stand-in data"])
        for row, theirs in self.paired():
            cells: list[Cell] = []
            for place, ours in enumerate(row):
                cells.append(ours)
                if beside and place >= self.keys:
                    cells.append(None if theirs is None else theirs[place])
            writer.writerow([*("" if cell is None else cell for cell in cells), "yes" if self.stand_in else "no"])
        return text.getvalue()

    def _key(self, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return row[: self.keys]


def shown(cell: Cell, digits: int, empty: str = UNKNOWN) -> str:
    """A cell as people read it: None and NaN as ``empty``, small floats as 1.6e-04, 12006 as 12,006."""
    if isinstance(cell, float):
        return _float(cell, digits, empty)
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return empty if cell is None else cell


def said_by_the_paper(cell: Cell, digits: int) -> str:
    """A published cell: numbers as ours, words marked as the paper's, nothing where nothing was published."""
    return f"paper: {cell}" if isinstance(cell, str) and cell else shown(cell, digits, empty="")


def _float(number: float, digits: int, empty: str) -> str:
    if math.isnan(number):
        return empty
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    small = number != 0.0 and abs(number) < 0.5 * 10.0**-digits
    return (f"{number:.2e}" if small else f"{number:,.{digits}f}").replace("-", "−")
