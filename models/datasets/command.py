"""``vigil models data``: whether a data set is complete, and its counts beside the published ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import DataMissing

if TYPE_CHECKING:
    from models.datasets.counted import Count

data = typer.Typer(help="Look at the data sets of the papers, in their original folder layouts.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="unbc, ck_plus, biovid, …; a wrong name lists them all")]
Root = Annotated[Path, typer.Argument(help="the folder that holds the set's own folders (docs/datasets.md)")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
SHOWN = 20
"""How many of the problems are printed as text; JSON has them all."""


@data.command()
def check(name: Name, root: Root, as_json: AsJson = False) -> None:
    """Name what is missing or half copied; exit 0 where nothing is, 66 where something is."""
    from models.datasets import registry
    from models.datasets.counted import as_rows

    lines = registry.check(name, root)
    found = [] if lines else registry.counts(name, root)
    if as_json:
        same = bool(found) and all(count.agrees is not False for count in found)
        said = {"name": name, "root": str(root), "problems": lines, "as_published": same, "counts": as_rows(found)}
        typer.echo(json.dumps(said, indent=1))
    else:
        for line in lines[:SHOWN]:
            typer.echo(line)
        if len(lines) > SHOWN:
            typer.echo(f"… and {len(lines) - SHOWN} more (--json names them all)")
        if not lines:
            _table(found)
    if lines:
        raise DataMissing(f"{root}: {name} is incomplete: {len(lines)} problem{'s' if len(lines) > 1 else ''}")
    if not as_json:
        differ = sum(count.agrees is False for count in found)
        typer.echo(
            f"{root}: {name} is complete"
            if not differ
            else f"{root}: {name}: every file belongs to a whole, but {differ} counts differ from the published ones"
        )


@data.command()
def counts(name: Name, root: Root, as_json: AsJson = False) -> None:
    """Count subjects and pictures, beside what the papers printed."""
    from models.datasets import registry
    from models.datasets.counted import as_rows

    found = registry.counts(name, root)
    if as_json:
        typer.echo(json.dumps(as_rows(found), indent=1))
    else:
        _table(found)


def _table(found: Sequence[Count]) -> None:
    """What, here, published, and whether they agree, in columns."""
    wide = max(len(count.what) for count in found)
    typer.echo(f"{'':{wide}}  {'here':>9}  {'published':>9}")
    for count in found:
        published = "" if count.published is None else f"{count.published:,}"
        verdict = {None: "", True: "same", False: "differs"}[count.agrees]
        typer.echo(f"{count.what:{wide}}  {count.here:>9,}  {published:>9}  {verdict}".rstrip())
    sources = sorted({count.source for count in found if count.source})
    if sources:
        typer.echo(f"published: {'; '.join(sources)}")
