"""Every command of vigil with its arguments and options, from the command line itself."""

from __future__ import annotations

import enum
from typing import Any, get_args

import typer

from from_code.markdown import code, prose, table
from monitor import cli

_PLACEHOLDERS = {"Path": "PATH", "str": "TEXT", "float": "NUMBER", "int": "NUMBER", "bool": ""}


def commands() -> str:
    """A section for every command, sub-commands in its own."""
    return "\n".join(_sections(command_tree(), ("vigil",)))


def command_tree() -> Any:
    """The whole command line; whoever asks may parse with it."""
    registered = cli.registered()
    return typer.main.get_command(cli.application(list(registered), registered))


def _sections(command: Any, path: tuple[str, ...]) -> list[str]:
    inner = getattr(command, "commands", {})
    found = []
    if len(path) > 1:
        found = [f"{'#' * len(path)} {' '.join(path)}\n", prose(command.help or "") + "\n"]
        if not inner:
            found += [f"```text\n{' '.join(path)} {_usage(command)}\n```\n", _parameters(command)]
    for name in sorted(inner):
        found += _sections(inner[name], (*path, name))
    return found


def _usage(command: Any) -> str:
    words = []
    for each in command.params:
        if _is_option(each):
            words += [f"{each.opts[0]} {_placeholder(each)}".strip()] if each.required else []
        else:
            name = (each.metavar or each.name).strip("[].").upper()
            many = "…" if each.nargs == -1 else ""
            words.append(f"{name}{many}" if each.required else f"[{name}{many}]")
    return " ".join([*words, "[OPTIONS]"] if any(_is_option(each) for each in command.params) else words)


def _parameters(command: Any) -> str:
    rows = []
    for each in command.params:
        if getattr(each, "hidden", False):
            continue
        names = [f"{opt} {_placeholder(each)}".strip() for opt in (*each.opts, *each.secondary_opts)]
        shown = ", ".join(map(code, names)) if _is_option(each) else code((each.metavar or each.name).upper())
        rows.append((shown, prose(each.help or ""), "required" if each.required else _default(each)))
    return table(("option", "what it says", "default"), rows)


def _is_option(parameter: Any) -> bool:
    return bool(parameter.opts[0].startswith("-"))


def _placeholder(parameter: Any) -> str:
    """What is written after an option; nothing for a switch."""
    if getattr(parameter, "is_flag", False):
        return ""
    hint = parameter.type_descriptor.annotation
    inner = [part for part in get_args(hint) if part is not type(None)]
    kind = inner[0] if inner else hint
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return "|".join(str(member.value) for member in kind)
    return parameter.metavar or _PLACEHOLDERS.get(getattr(kind, "__name__", ""), "VALUE")


def _default(parameter: Any) -> str:
    default = parameter.default
    if callable(default) or default in (None, "", False) or default == []:
        return ""
    return code(str(getattr(default, "value", default)))
