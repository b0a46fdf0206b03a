"""Cells of an .xlsx file (Office Open XML), read with the standard library: one sheet as rows of text."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from models.errors import DataInvalid, DataMissing

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL = re.compile(r"([A-Z]+)\d+")


def read_sheet(path: Path, sheet: str) -> list[list[str]]:
    """Rows of the sheet of that name, each as long as its last filled cell; empty cells are "".

    DataMissing where there is no file, DataInvalid where it is no spreadsheet, is cut off or has no such sheet.
    """
    if not path.is_file():
        raise DataMissing(f"{path}: not found")
    try:
        with ZipFile(path) as archive:
            book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
            links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
            sheets = {found.get("name", ""): found.get(_LINK, "") for found in book.iter(f"{_MAIN}sheet")}
            if sheet not in sheets:
                raise DataInvalid(f"{path}: no sheet {sheet!r}; there are {', '.join(sheets)}")
            target = next(str(link.get("Target")) for link in links if link.get("Id") == sheets[sheet])
            shared: list[str] = []
            if "xl/sharedStrings.xml" in archive.namelist():
                strings = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
                shared = [_text(item) for item in strings.iter(f"{_MAIN}si")]
            place = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            rows = ElementTree.fromstring(archive.read(place)).iter(f"{_MAIN}row")
            return [_cells(row, shared) for row in rows]
    except (BadZipFile, KeyError, StopIteration, IndexError, ValueError, ElementTree.ParseError, EOFError) as error:
        raise DataInvalid(f"{path}: not a spreadsheet (.xlsx), or cut off: {error or type(error).__name__}") from error


def _cells(row: ElementTree.Element, shared: list[str]) -> list[str]:
    """The row's cells, gaps filled."""
    values: list[str] = []
    for cell in row.iter(f"{_MAIN}c"):
        match = _CELL.match(cell.get("r", ""))
        column = _number(match.group(1)) if match else len(values)
        values += [""] * (column - len(values))
        value = cell.find(f"{_MAIN}v")
        if cell.get("t") == "inlineStr":
            values.append(_text(cell))
        elif value is None or value.text is None:
            values.append("")
        else:
            values.append(shared[int(value.text)] if cell.get("t") == "s" else value.text)
    return values


def _text(element: ElementTree.Element) -> str:
    return "".join(part.text or "" for part in element.iter(f"{_MAIN}t"))


def _number(letters: str) -> int:
    """A → 0, Z → 25, AA → 26."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
