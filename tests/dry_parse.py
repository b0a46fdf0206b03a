"""A command line of vigil as the real one reads it, without carrying it out."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import cache
from typing import Any

import typer

from monitor import cli


@cache
def command_tree() -> Any:
    """The whole command line."""
    registered = cli.registered()
    return typer.main.get_command(cli.application(list(registered), registered))


def refusal(text: str, *, whole: bool = True) -> str | None:
    """What the command line has against ``text`` ("vigil bed list --json"); None when it would be carried out.

    Without ``whole`` a command may stand there by its name alone, or without what it needs.
    """
    words = shlex.split(text)
    assert words[0] == "vigil", text
    try:
        _parse(words[1:])
    except typer.Exit:
        return None  # --help and --version
    except cli.CommandLineError as error:
        missing = type(error).__name__ in ("MissingParameter", "NoArgsIsHelpError")
        return str(error) if whole or not missing else None
    return None


def _parse(words: Sequence[str]) -> None:
    command, context, name = command_tree(), None, "vigil"
    while True:
        context = command.make_context(name, list(words), parent=context)
        if not hasattr(command, "commands"):
            return
        words = [*context._protected_args, *context.args]
        if not words:
            return
        name, command, words = command.resolve_command(context, words)
