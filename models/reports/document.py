"""One report: ``report.html`` (one file, opens offline), its tables as CSV and its figures as PNG.

Ours stands beside what the paper published. Numbers that come from stand-in data are marked, and what ``--quick``
shrank is listed at the top, so nobody takes a small run on open faces for a reproduction.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import ReportUnwritable
from models.reports.table import Row, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 110
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; ``heading`` begins a section with that title."""

    text: str
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as PNG bytes with what the reader should see in it."""

    name: str
    png: bytes
    caption: str
    stand_in: bool


class Report:
    """What a recipe found, in the order it is told; ``write`` puts it under the folder ``out``.

    ``report.stand_in`` says whether anything came from stand-ins: set it once and every table and figure is marked
    unless it says otherwise itself.
    """

    def __init__(self, title: str, out: Path, *, lead: str = "", source: str = "") -> None:
        self.title, self.out, self.lead, self.source = title, Path(out), lead, source
        self.stand_in = False
        self._blocks: list[Text | Table | Picture] = []
        self._shrunk: list[str] = []
        self._facts: dict[str, str] = {}

    def section(self, heading: str, text: str = "") -> None:
        """Begin a section."""
        self._blocks.append(Text(text, heading))

    def text(self, text: str) -> None:
        """A paragraph of plain text."""
        self._blocks.append(Text(text))

    def table(
        self,
        name: str,
        columns: Sequence[str],
        rows: Sequence[Row],
        *,
        title: str = "",
        published: Sequence[Row] | None = None,
        note: str = "",
        stand_in: bool | None = None,
        keys: int = 1,
        digits: int = 3,
        marks: Collection[tuple[int, int]] = (),
    ) -> None:
        """A table and ``tables/NAME.csv``.

        ``rows`` hold text, numbers or None (not known, or not computable). ``published`` has the same columns; its
        rows are found by the first ``keys`` columns, in any order, and a published row that we lack is shown too.
        Floats are shown with ``digits`` decimals (smaller ones as 1.6e-04) and stored in full. ``marks`` are the
        (row, column) cells to highlight; say in ``note`` what that means. ValueError for a name used twice, a name
        that is no file name, or rows of another width.
        """
        self._claim(name, Table)
        self._blocks.append(
            Table(
                name=name,
                columns=tuple(columns),
                rows=tuple(map(tuple, rows)),
                published=None if published is None else tuple(map(tuple, published)),
                title=title or name,
                note=note,
                stand_in=self.stand_in if stand_in is None else stand_in,
                keys=keys,
                digits=digits,
                marks=frozenset(marks),
            )
        )

    def figure(self, name: str, figure: Figure, caption: str, *, stand_in: bool | None = None) -> None:
        """A matplotlib figure and ``figures/NAME.png``; the same figure gives the same bytes. Not kept open."""
        self._claim(name, Picture)
        png = io.BytesIO()
        figure.savefig(png, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None}, facecolor="white")
        marked = self.stand_in if stand_in is None else stand_in
        self._blocks.append(Picture(name, png.getvalue(), caption, marked))

    def shrunk(self, items: Sequence[str]) -> None:
        """What ``--quick`` made smaller, one line each: ``input 64 px instead of 224``."""
        self._shrunk += items

    def facts(self, facts: Mapping[str, object]) -> None:
        """How the run was made (settings, seeds, what the networks start from), shown at the end."""
        self._facts |= {name: str(value) for name, value in facts.items()}

    @property
    def tables(self) -> list[Table]:
        """The tables so far."""
        return [block for block in self._blocks if isinstance(block, Table)]

    @property
    def pictures(self) -> list[Picture]:
        """The figures so far."""
        return [block for block in self._blocks if isinstance(block, Picture)]

    @property
    def what_shrank(self) -> tuple[str, ...]:
        """All that ``shrunk`` was told."""
        return tuple(self._shrunk)

    def write(self) -> Path:
        """Write ``report.html``, ``tables/*.csv`` and ``figures/*.png``; returns the page.

        Raises ReportUnwritable where the folder cannot be made or written.
        """
        try:
            for folder in (self.out, self.out / "tables", self.out / "figures"):
                folder.mkdir(parents=True, exist_ok=True)
            for table in self.tables:
                (self.out / "tables" / f"{table.name}.csv").write_text(table.csv(), encoding="utf-8", newline="")
            for picture in self.pictures:
                (self.out / "figures" / f"{picture.name}.png").write_bytes(picture.png)
            page = self.out / "report.html"
            page.write_text(self.html(), encoding="utf-8")
        except OSError as error:
            reason = error.strerror or str(error)
            raise ReportUnwritable(f"{self.out}: report cannot be written there: {reason}") from error
        return page

    def html(self) -> str:
        """The page."""
        from jinja2 import Environment, PackageLoader, StrictUndefined

        environment = Environment(
            loader=PackageLoader("models.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
            lstrip_blocks=True,
        )  # fmt: skip
        return environment.get_template("report.html.j2").render(
            title=self.title,
            lead=self.lead,
            source=self.source,
            blocks=[_shown(block) for block in self._blocks],
            sections=[block.heading for block in self._blocks if isinstance(block, Text) and block.heading],
            shrunk=self._shrunk,
            facts=self._facts,
            any_stand_in=any(table.stand_in for table in self.tables)
            or any(picture.stand_in for picture in self.pictures),
            any_published=any(table.published is not None for table in self.tables),
        )

    def _claim(self, name: str, kind: type[Table | Picture]) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no file name of small letters, digits, - and _")
        if any(isinstance(block, kind) and block.name == name for block in self._blocks):
            raise ValueError(f"two of the name {name!r} in one report")


def _shown(block: Text | Table | Picture) -> dict[str, object]:
    if isinstance(block, Text):
        return {"kind": "text", "heading": block.heading, "text": block.text}
    if isinstance(block, Table):
        return {"kind": "table", "table": block, "lines": block.lines(), "stand_in": block.stand_in}
    data = base64.b64encode(block.png).decode("ascii")
    return {"kind": "figure", "data": data, "caption": block.caption, "stand_in": block.stand_in, "name": block.name}
