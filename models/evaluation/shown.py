"""Progress of a long evaluation: a bar on stderr when that is a terminal, silence elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def shown(items: Iterable[T], title: str, total: int | None = None) -> Iterator[T]:
    """``items`` one after the other, counted on the bar called ``title``."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield from track(items, title, total=total, console=console, transient=True, disable=not console.is_terminal)
