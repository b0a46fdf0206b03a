"""Figures as JSON for programs, as tables for people and as Markdown for model cards."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

WIDEST = 32
"""Characters of a path that is shown whole in a table; of a longer one the name is shown. JSON has it all."""


def as_json(figures: Mapping[str, Any]) -> str:
    """JSON with a final newline; NumPy's numbers become plain ones, NaN and infinity null."""
    return json.dumps(_plain(figures), indent=1, allow_nan=False) + "\n"


def print_tables(figures: Mapping[str, Any], console: Console) -> None:
    """Single figures line by line with their intervals beside them, then one table per list of records or mapping."""
    values = _plain(figures)
    lines = Table.grid(padding=(0, 2))
    for row in _single(values):
        lines.add_row(*row)
    console.print(lines)
    for title, keys, records in _tables(values):
        table = Table(title=title, title_justify="left")
        for key in keys:
            table.add_column(key, overflow="fold")
        for record in records:
            table.add_row(*record)
        console.print(table)


def as_markdown(figures: Mapping[str, Any]) -> str:
    """The same as Markdown: a list of single figures, then one table per list of records or mapping."""
    values = _plain(figures)
    parts = [
        "\n".join(
            f"- {name}: {value}" + (f" ({interval})" if interval else "") for name, value, interval in _single(values)
        )
    ]
    for title, keys, records in _tables(values):
        rows = [keys, ["---"] * len(keys), *records]
        parts.append("\n".join([f"{title}:", "", *("| " + " | ".join(row).strip() + " |" for row in rows)]))
    return "\n\n".join(part for part in parts if part) + "\n"


def _single(values: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(name, value, interval or nothing) of every single figure."""
    rows = []
    for name, value in values.items():
        if _nested(value) or name.removesuffix("_interval_95") in values.keys() - {name}:
            continue
        interval = values.get(f"{name}_interval_95")
        rows.append((name.replace("_", " "), _cell(value), f"95%: {_cell(interval)}" if interval else ""))
    return rows


def _tables(values: Mapping[str, Any]) -> list[tuple[str, list[str], list[list[str]]]]:
    """(title, column names, rows of cells) of every list of records or mapping."""
    beside = {name for name in values if isinstance(values[name], dict) and _owner(name, values)}
    found = []
    for name, value in values.items():
        if _nested(value) and name not in beside:
            columns = {other: values[other] for other in beside if _owner(other, values) == name}
            found.append(_table(name, value, columns))
    return found


def _owner(name: str, values: Mapping[str, Any]) -> str | None:
    """The mapping that ``name`` adds a column to: recall_n belongs to recall."""
    for suffix in ("_n", "_interval_95"):
        if name.endswith(suffix) and isinstance(values.get(name.removesuffix(suffix)), dict):
            return name.removesuffix(suffix)
    return None


def _table(name: str, value: Any, columns: Mapping[str, Any]) -> tuple[str, list[str], list[list[str]]]:
    if isinstance(value, list):
        keys = list(dict.fromkeys(key for record in value for key in record))
        keys = [key for key in keys if any(record.get(key) is not None for record in value)]
        records = [[record.get(key) for key in keys] for record in value]
    elif value and all(isinstance(entry, dict) for entry in value.values()):
        names = list(dict.fromkeys(key for record in value.values() for key in record))
        if len(names) > len(value):  # the longer side goes down the page
            value = {key: {row: record.get(key) for row, record in value.items()} for key in names}
            names = list(next(iter(value.values())))
        keys = ["", *names]
        records = [[row.replace("_", " "), *(record.get(key) for key in names)] for row, record in value.items()]
    else:
        keys = ["", name, *(column.removeprefix(f"{name}_") for column in columns)]
        records = [[row, entry, *(column.get(row) for column in columns.values())] for row, entry in value.items()]
    cells = [[_cell(value) for value in record] for record in records]
    return name.replace("_", " "), [key.replace("_", " ") for key in keys], cells


def _nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return " to ".join(map(_cell, value)) if len(value) == 2 else ", ".join(map(_cell, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_cell(entry)}" for name, entry in value.items())
    text = str(value)
    return text if len(text) <= WIDEST or "/" not in text else f"…/{text.rpartition('/')[2]}"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
