"""Progress of getting the landmark asset: a bar on a terminal, one line per stage anywhere else. All on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def shown_progress() -> Iterator[Callable[[str, float | None], None]]:
    """A ``progress(text, share)`` callable; ``share`` in [0, 1], or None while the amount is unknown."""
    if not sys.stderr.isatty():
        yield _plain_lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("landmark asset", total=None)

        def show(text: str, share: float | None) -> None:
            bar.update(task, description=text, total=None if share is None else 1.0, completed=share or 0.0)

        yield show


def _plain_lines() -> Callable[[str, float | None], None]:
    told: set[str] = set()

    def tell(text: str, share: float | None) -> None:
        if text not in told:
            told.add(text)
            print(f"vigil: {text}", file=sys.stderr, flush=True)

    return tell
