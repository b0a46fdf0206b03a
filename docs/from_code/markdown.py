"""Markdown written by a program: tables, code in cells, type hints as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar or line break in a cell does not break it."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """``text`` as code."""
    return f"`{text}`"


def prose(text: str) -> str:
    """A docstring as a paragraph: its ``code`` as Markdown writes it, nothing in it taken for markup."""
    parts = re.split(r"(``.+?``|`[^`]+`)", " ".join(text.split()))
    return "".join(part.replace("``", "`") if part.startswith("`") else _plain(part) for part in parts)


def _plain(text: str) -> str:
    return re.sub(r"([\\*_<>\[\]])", r"\\\1", text)


def type_words(hint: Any) -> str:
    """A type hint in a few words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return type_words(arguments[0])
    if origin is Literal:
        return ", ".join(str(value) for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join("nothing" if part is type(None) else type_words(part) for part in arguments)
    if origin in (tuple, list):
        inner = [type_words(part) for part in arguments if part is not Ellipsis]
        return f"{origin.__name__} of {', '.join(inner)}"
    if origin is not None and len(arguments) == 2 and "Mapping" in str(origin):
        return f"{type_words(arguments[0])} → {type_words(arguments[1])}"
    array = re.search(r"ndarray.*numpy\.(\w+)\]", str(hint))
    return f"array of {array[1]}" if array else str(getattr(hint, "__name__", hint))
