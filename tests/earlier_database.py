"""Databases as earlier versions of the program left them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

SCHEMA_1 = Path(__file__).with_name("schema_0001.sql")
"""What ``.dump`` said of a SQLite database of schema 0001 with something in every table."""


def schema_1(path: Path) -> Path:
    """A SQLite database of schema 0001."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA_1.read_text(encoding="utf-8"))
    connection.close()
    return path
