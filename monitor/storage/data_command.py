"""``vigil data``: takes a ward's records out, removes what is no longer kept, looks the database over."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.clock import now_at
from monitor.errors import OutputError, UsageError
from monitor.storage.database.exporting import FIRST, LAST, Wanted, What
from monitor.storage.database.sheets import SheetFormat
from monitor.ward.values import NAME_RULE, is_name

if TYPE_CHECKING:
    from monitor.storage.database.checking import Findings
    from monitor.storage.database.database import Database
    from monitor.ward.service import StorageSettings

data = typer.Typer(help="The ward's database: export, prune, check, migrate, rename.")

DatabaseOption = Annotated[
    str | None, typer.Option("--database", help="Address (sqlite:////…, postgresql://user@host/name) or SQLite file.")
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="The ward's configuration: its database and how long it keeps what.")
]
WardOption = Annotated[
    str | None, typer.Option("--ward", help="Name of the ward; --config says it by itself, without both: every ward.")
]
PasswordOption = Annotated[
    Path | None, typer.Option(help="File with the password of the database's user; only its owner may read it.")
]


@data.command()
def export(
    what: Annotated[What, typer.Option(help="What to write.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    kind: Annotated[SheetFormat, typer.Option("--format", help="How to write it.")] = SheetFormat.CSV,
    begin: Annotated[str | None, typer.Option("--from", help="Begin, as 2026-03-01T07:00 (this zone's).")] = None,
    end: Annotated[str | None, typer.Option("--to", help="End (not included), in the same way.")] = None,
    database: DatabaseOption = None,
    config: ConfigOption = None,
    ward: WardOption = None,
    password_file: PasswordOption = None,
    overwrite: Annotated[bool, typer.Option(help="Replace the file when it is there.")] = False,
) -> None:
    """Write trends, minutes, alerts, acknowledgements or configuration changes to a file."""
    from monitor.storage.database import exporting

    first = FIRST if begin is None else _moment("--from", begin)
    last = LAST if end is None else _moment("--to", end)
    if last <= first:
        raise UsageError(f"--to: {end} must lie after --from {begin}")
    if out.exists() and not overwrite:
        raise OutputError(f"{out}: is there already; name another file or add --overwrite")
    with _opened(database, config, password_file, ward) as (opened, _, named):
        wanted = Wanted(what=what, ward=named, begin=first, end=last)
        records = opened.transactions
        with _shown_progress(f"{what} to {out}", exporting.count(records, wanted)) as told:
            rows = exporting.export(records, wanted, out, kind, told)
    typer.echo(f"{out}: {rows} rows of {what}")


@data.command()
def prune(
    all_pictures: Annotated[bool, typer.Option(help="Give up every picture and their key as well.")] = False,
    database: DatabaseOption = None,
    config: ConfigOption = None,
    ward: WardOption = None,
    password_file: PasswordOption = None,
) -> None:
    """Remove what is no longer kept and give the room back. The service may go on meanwhile."""
    from monitor.storage.database.beds import known_wards
    from monitor.storage.database.pictures import forget_pictures
    from monitor.storage.database.sizes import live_bytes

    with _opened(database, config, password_file, ward) as (opened, settings, named):
        before = opened.size_bytes()
        wards = known_wards(opened.transactions) if named is None else [named]
        if all_pictures:
            given_up = sum(forget_pictures(opened.transactions, each) for each in wards)
            typer.echo(f"pictures: {given_up} given up")
        gone: Counter[str] = Counter()
        for each in wards:
            gone.update(opened.as_ward(each).prune(now_at(), settings))
        for table, rows in gone.items():
            typer.echo(f"{table}: {rows} rows removed")
        opened.compact()
        typer.echo(f"size: {_mib(before)} before, {_mib(opened.size_bytes())} now")
        if max((live_bytes(opened.transactions, each) for each in wards), default=0) > settings.largest_mib << 20:
            print(
                f"vigil: what is left (alerts, which go by age alone) is larger than {settings.largest_mib} MiB",
                file=sys.stderr,
            )


@data.command()
def check(
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
    database: DatabaseOption = None,
    config: ConfigOption = None,
    ward: WardOption = None,
    password_file: PasswordOption = None,
) -> None:
    """Say whether the database is whole, what it holds, and what retention will remove. Exit code 69 when damaged."""
    from monitor.storage.database.beds import known_wards
    from monitor.storage.database.checking import look_over
    from monitor.storage.database.trouble import Cause, trouble
    from monitor.storage.encoding import plain

    with _opened(database, config, password_file, ward) as (opened, settings, named):
        wards = known_wards(opened.transactions) if named is None else [named]
        found = look_over(opened.transactions, wards, settings, now_at())
    typer.echo(json.dumps(plain(found), indent=2) if as_json else as_text(found))
    if found.faults:
        raise trouble(found.where, Cause.DAMAGED, found.faults[0])


@data.command()
def migrate(
    database: DatabaseOption = None,
    config: ConfigOption = None,
    ward: WardOption = None,
    password_file: PasswordOption = None,
) -> None:
    """Bring a database of an earlier version to this one's schema, wholly or not at all. The service does so itself."""
    from monitor.storage.database.schema import NEWEST

    if config is None and ward is None:
        raise UsageError("say whose records these are: by --config, or with --ward and the name in its configuration")
    with _opened(database, config, password_file, ward, migrate=True) as (opened, _, _):
        typer.echo(f"{opened.transactions.where}: has schema {NEWEST}")


@data.command()
def rename(
    old: Annotated[str, typer.Argument(help="The name that the ward had.")],
    new: Annotated[str, typer.Argument(help="The name that its configuration says now.")],
    database: DatabaseOption = None,
    config: ConfigOption = None,
    password_file: PasswordOption = None,
) -> None:
    """Give the records of a ward to its new name, after `name` was changed; while its service is stopped."""
    from monitor.storage.database.beds import known_wards, rename_ward

    if not is_name(new):
        raise UsageError(f"{new}: {NAME_RULE}")
    with _opened(database, config, password_file, None) as (opened, _, _):
        known = known_wards(opened.transactions)
        if old not in known:
            raise UsageError(f"{old}: no such ward has records here ({', '.join(known) or 'there are none at all'})")
        if new in known:
            raise UsageError(f"{new}: has records of its own already; nothing was changed")
        rows = rename_ward(opened.transactions, old, new)
        typer.echo(f"{opened.transactions.where}: {rows} rows of {old} belong to {new} now")


def as_text(found: Findings) -> str:
    """What was found, as lines for people."""
    limit = "too large: the oldest trends and pictures go" if found.too_large else "within the limit"
    lines = [
        f"database:   {found.where}",
        f"schema:     {found.schema}",
        f"integrity:  {'ok' if not found.faults else '; '.join(found.faults)}",
        f"size:       {_mib(found.disk_bytes)} on the disk, {_mib(found.live_bytes)} in use, "
        f"{_mib(found.allowed_bytes)} allowed ({limit})",
    ]
    for name, held in found.holdings.items():
        span = f", {held.oldest:%Y-%m-%d %H:%M} to {held.newest:%Y-%m-%d %H:%M} UTC" if held.oldest else ""
        old = f", {found.due[name]} to be removed for their age" if found.due.get(name) else ""
        lines.append(f"{name + ':':<23} {held.rows} rows{span}{old}")
    for sink in sorted({*found.waiting, *found.dropped}):
        lines.append(f"sink {sink}: {found.waiting.get(sink, 0)} wait, {found.dropped.get(sink, 0)} were dropped")
    return "\n".join(lines)


@contextmanager
def _opened(
    database: str | None, config: Path | None, password_file: Path | None, ward: str | None, *, migrate: bool = False
) -> Iterator[tuple[Database, StorageSettings, str | None]]:
    """The database that is named, what is kept in it, and the ward that was named; it is never created here."""
    from monitor.storage.database.database import UNNAMED_WARD, Database
    from monitor.storage.database.place import database_url, url_of
    from monitor.ward.credentials import credentials_directory, read_credential
    from monitor.ward.reading import read_ward
    from monitor.ward.service import StorageSettings

    if (database is None) == (config is None):
        raise UsageError("name either --database or --config")
    facility = None if config is None else read_ward(config).settings_or_raise()
    settings = StorageSettings() if facility is None else facility.storage
    named = ward if facility is None or ward is not None else facility.name
    state = os.environ.get("STATE_DIRECTORY")
    url = url_of(database) if database else database_url(settings, Path(state) if state else None)
    credential = str(password_file.absolute()) if password_file else settings.password_credential
    password = read_credential(credential, credentials_directory()).reveal() if credential else None
    with Database.open(url, password, ward=named or UNNAMED_WARD, create=False, migrate=migrate) as opened:
        yield opened, settings, named


@contextmanager
def _shown_progress(what: str, rows: int) -> Iterator[Callable[[int], None]]:
    """A callable that takes the number of new rows; a bar on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import Progress

    hidden = not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), disable=hidden, transient=True) as bar:
        task = bar.add_task(what, total=rows)
        yield lambda more: bar.advance(task, more)


def _moment(option: str, said: str) -> datetime:
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise UsageError(f"{option}: must be a date, as 2026-03-01T07:00, got {said!r}") from None
    return at if at.tzinfo is not None else at.astimezone()


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB"
