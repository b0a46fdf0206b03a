"""``vigil shift``: what happened at each bed in one shift."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from monitor.errors import UsageError


def shift(
    journals: Annotated[list[Path], typer.Argument(metavar="JOURNAL...", help="Alert journals: files or folders.")],
    begin: Annotated[str, typer.Option("--from", help="Begin, as 2026-03-01T07:00; without zone: this machine's.")],
    end: Annotated[str, typer.Option("--to", help="End, in the same way.")],
    language: Annotated[Literal["en", "de"], typer.Option(help="English or German.")] = "en",
) -> None:
    """A shift's alerts per bed, in words: what was out, who came, what was found, what is still open."""
    from monitor.alerts.journal_reading import journal_files, read_journals
    from monitor.alerts.shift import Shift, shift_summary
    from monitor.alerts.shift_words import LANGUAGES

    first, last = _moment("--from", begin), _moment("--to", end)
    if last <= first:
        raise UsageError(f"--to: {end} must lie after --from {begin}")
    content = read_journals(journal_files(journals))
    for line in content.torn:
        print(f"vigil: {line}", file=sys.stderr)
    shift = Shift(begin=first, end=last, zone=first.tzinfo, language=LANGUAGES[language])
    print(shift_summary(content.transitions, shift))


def _moment(option: str, said: str) -> datetime:
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise UsageError(f"{option}: must be a date with time, as 2026-03-01T07:00, got {said!r}") from None
    return at if at.tzinfo is not None else at.astimezone()
