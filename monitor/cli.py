"""The command ``vigil``: finds its sub-commands by entry point, turns errors into one line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points, version
from typing import Annotated, Any

import typer

from models.errors import ModelError
from monitor.errors import ServiceUnavailable, UsageError, VigilError
from monitor.native_log import native_log_apart

GROUP = "vigil.commands"
"""Entry point group; the entry point's name is the command's name."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells report it (128 + SIGINT)."""
BROKEN_PIPE = 141
"""Exit code when the reader of our output went away (128 + SIGPIPE)."""

CommandLineError: type[Exception] = typer.BadParameter.__mro__[1]
"""What the command line parser raises for anything it cannot accept (typer names only its sub-class in public)."""


def registered() -> dict[str, EntryPoint]:
    """All commands by name, sorted."""
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def application(names: Sequence[str], commands: dict[str, EntryPoint]) -> typer.Typer:
    """A command line with the commands ``names``; only these are imported."""
    app = typer.Typer(
        name="vigil",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Judges pain on the face over time, explains every judgement and alerts people. "
        "Decision support, not a medical device.",
    )
    app.callback()(_only_sub_commands)
    for name in names:
        _add(app, name, commands[name])
    return app


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vigil {version('vigil')}")
        raise typer.Exit


def _only_sub_commands(
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    """Keep ``vigil NAME`` the form of the command line even when one command alone is loaded."""


def _add(app: typer.Typer, name: str, point: EntryPoint) -> None:
    try:
        target: Any = point.load()
    except ImportError as error:
        reason = f"command {name!r} is not available here: {error}"

        def unavailable(rest: list[str] = typer.Argument(None, hidden=True)) -> None:  # noqa: B008
            raise ServiceUnavailable(reason)

        app.command(
            name,
            help=f"Not available here: {error}.",
            context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
        )(unavailable)
        return
    if isinstance(target, typer.Typer):
        app.add_typer(target, name=name)
    else:
        app.command(name)(target)


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit code; every expected error is one line on stderr."""
    try:
        code = _carry_out(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


def _carry_out(arguments: Sequence[str]) -> int:
    commands = registered()
    first = arguments[0] if arguments else "--help"
    names = [first] if first in commands else list(commands) if first.startswith("-") else []
    try:
        if not names:
            raise UsageError(f"no command {first!r}; there are: {', '.join(commands)}")
        app = application(names, commands)
        outcome: Any = app(args=list(arguments) or ["--help"], prog_name="vigil", standalone_mode=False)
        code = outcome if isinstance(outcome, int) else 0
    except (VigilError, ModelError) as error:
        return refuse(str(error), error.exit_code)
    except typer.Exit as leaving:
        code = leaving.exit_code
    except CommandLineError as error:
        help_of = f"vigil {first} --help" if first in commands else "vigil --help"
        return refuse(f"{_message(error)} (see `{help_of}`)", UsageError.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    # typer turns Ctrl-C into this code, and a command that ended cleanly after Ctrl-C returns it
    return refuse("interrupted", INTERRUPTED) if code == INTERRUPTED else code


def _message(error: Exception) -> str:
    describe = getattr(error, "format_message", None)
    return str(describe()) if callable(describe) else str(error)


def refuse(message: str, exit_code: int) -> int:
    """Say why, in one line, and hand the exit code through."""
    line = " ".join(message.split())
    print(f"vigil: {line}", file=sys.stderr)
    return exit_code


def main() -> None:
    """Entry point of the console script."""
    with native_log_apart():
        code = run(sys.argv[1:])
    sys.exit(code)
