"""``vigil user``: who may log in to the bedside page, as what, and for which beds; also while the service runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.clock import now_at
from monitor.errors import UsageError
from monitor.web.roles import ALL_BEDS, BedRights, Role, read_beds, told_beds

if TYPE_CHECKING:
    from monitor.storage.database.database import Database
    from monitor.ward.facility import FacilitySettings

user = typer.Typer(help="Users of the bedside page: add, list, password, remove.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The user's name.")]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="The ward's configuration, which names its database.", show_default="/etc/vigil"),
]
StateOption = Annotated[
    Path | None,
    typer.Option("--state-dir", help="The service's state folder, where the configuration names no database."),
]
PasswordOption = Annotated[
    Path | None, typer.Option(help="File with the password; only its owner may read it. Without: asked for.")
]


@user.command()
def add(
    name: Name,
    role: Annotated[Role, typer.Option(help="What the user is.")],
    beds: Annotated[str, typer.Option(help="Beds the user sees: names with commas between them, or * for all.")],
    pictures: Annotated[bool, typer.Option(help="Let a viewer see live pictures.")] = False,
    password_file: PasswordOption = None,
    config: ConfigOption = None,
    state_dir: StateOption = None,
) -> None:
    """Make a user."""
    from monitor.web.passwords import Passwords
    from monitor.web.users import User, add_user, tidy_user_name

    tidy = tidy_user_name(name)
    with _opened(config, state_dir) as (opened, ward):
        rights = _rights(beds, ward)
        kept = Passwords().hash(_password(password_file, tidy))
        now = now_at()
        made = User(
            name=tidy,
            role=role,
            beds=rights,
            pictures=pictures,
            password_hash=kept,
            created_at=now,
            changed_at=now,
        )
        add_user(opened.transactions, made)
    typer.echo(f"{tidy} is a user now: {role}, {_beds_in_words(rights, ward.name)}")


@user.command("list")
def list_users(config: ConfigOption = None, state_dir: StateOption = None) -> None:
    """Say who may log in."""
    from monitor.web.users import every_user

    with _opened(config, state_dir) as (opened, ward):
        for found in every_user(opened.transactions):
            pictures = ", pictures" if found.pictures else ""
            typer.echo(f"{found.name}: {found.role}, {_beds_in_words(found.beds, ward.name)}{pictures}")


@user.command()
def password(
    name: Name, password_file: PasswordOption = None, config: ConfigOption = None, state_dir: StateOption = None
) -> None:
    """Give a user another password; every login of theirs ends."""
    from monitor.web.passwords import Passwords
    from monitor.web.users import change_user, find_user

    with _opened(config, state_dir) as (opened, _):
        found = find_user(opened.transactions, name)
        if found is None:
            raise UsageError(f"there is no user {name}")
        kept = Passwords().hash(_password(password_file, found.name))
        change_user(opened.transactions, found.name, now_at(), password_hash=kept)
    typer.echo(f"{found.name} has another password now")


@user.command()
def remove(name: Name, config: ConfigOption = None, state_dir: StateOption = None) -> None:
    """Remove a user; every login of theirs ends."""
    from monitor.web.users import find_user, remove_user

    with _opened(config, state_dir) as (opened, _):
        found = find_user(opened.transactions, name)
        if found is None:
            raise UsageError(f"there is no user {name}")
        remove_user(opened.transactions, found.name)
    typer.echo(f"{found.name} is no user any more")


@contextmanager
def _opened(config: Path | None, state_dir: Path | None) -> Iterator[tuple[Database, FacilitySettings]]:
    """The ward's database, which the service has made, and the ward's settings."""
    from monitor.service.folders import find_configuration
    from monitor.storage.database.database import Database
    from monitor.storage.database.place import database_url
    from monitor.ward.credentials import credentials_directory, read_credential
    from monitor.ward.reading import read_ward

    ward = read_ward(find_configuration(config, os.environ)).settings_or_raise()
    named = os.environ.get("STATE_DIRECTORY")
    url = database_url(ward.storage, state_dir or (Path(named) if named else None))
    credential = ward.storage.password_credential
    secret = read_credential(credential, credentials_directory()).reveal() if credential else None
    with Database.open(url, secret, ward=ward.name, create=False, migrate=False) as opened:
        yield opened, ward


def _rights(said: str, ward: FacilitySettings) -> BedRights:
    """The beds in ``said``; UsageError for one of this ward that there is not."""
    names = [name.strip() for name in said.split(",") if name.strip()]
    try:
        rights = read_beds(ALL_BEDS if names == [ALL_BEDS] else names, ward.name)
    except ValueError as error:
        raise UsageError(f"--beds: {error}") from None
    unknown = [name for name in names if "/" not in name and name != ALL_BEDS and name not in ward.beds]
    if unknown:
        raise UsageError(f"--beds: there is no {unknown[0]}; there are: {', '.join(ward.beds)}")
    return rights


def _beds_in_words(rights: BedRights, ward: str) -> str:
    told = told_beds(rights, ward)
    return "all beds" if isinstance(told, str) else ", ".join(told) or "no beds"


def _password(file: Path | None, name: str) -> str:
    """The password from ``file``, else asked for twice; UsageError when it is too weak."""
    from monitor.ward.credentials import read_credential
    from monitor.web.passwords import weakness

    if file is not None:
        said = read_credential(str(file.absolute()), None).reveal()
    elif sys.stdin.isatty():
        said = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    else:
        raise UsageError("there is no terminal to ask for the password; name a file with --password-file")
    if (why := weakness(said, name)) is not None:
        raise UsageError(why)
    return said
