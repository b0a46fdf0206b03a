"""Rows as a CSV or Parquet file, page by page; the file appears complete or not at all."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from monitor.storage.output_errors import writing
from monitor.storage.whole_file import PART

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Text that begins so is run as a formula by spreadsheets; such cells begin with an apostrophe."""

Columns = Mapping[str, type]
"""Name to ``str``, ``int``, ``float``, ``bool`` or ``datetime``."""
Page = Sequence[Mapping[str, Any]]


class SheetFormat(StrEnum):
    """How rows are written."""

    CSV = "csv"
    PARQUET = "parquet"


class Sheet(Protocol):
    """A file that takes rows; unknown is an empty cell or null."""

    def write(self, page: Page) -> None: ...  # noqa: D102

    def close(self) -> None: ...  # noqa: D102


@contextmanager
def new_sheet(target: Path, kind: SheetFormat, columns: Columns) -> Iterator[Sheet]:
    """A sheet that takes its name when the block ends well; OutputError, OutputFull when it cannot be written."""
    part = target.with_name(f".{target.name}{PART}")
    with writing(target):
        try:
            sheet: Sheet = CsvSheet(part, columns) if kind is SheetFormat.CSV else ParquetSheet(part, columns)
            try:
                yield sheet
            finally:
                sheet.close()
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


class CsvSheet:
    """UTF-8, a header, moments as ISO 8601 in UTC, truths as true and false."""

    def __init__(self, path: Path, columns: Columns) -> None:
        self._columns = columns
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(columns)

    def write(self, page: Page) -> None:
        """Add rows."""
        self._writer.writerows([_cell(row[name]) for name in self._columns] for row in page)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class ParquetSheet:
    """Zstandard, one row group a page, moments as UTC timestamps."""

    def __init__(self, path: Path, columns: Columns) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
        moment = pa.timestamp("us", tz="UTC")
        self._schema = pa.schema([(name, kinds.get(kind, moment)) for name, kind in columns.items()])
        self._table = pa.Table
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, page: Page) -> None:
        """Add rows."""
        rows = [{name: row[name] for name in self._schema.names} for row in page]
        self._writer.write_table(self._table.from_pylist(rows, schema=self._schema))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
