"""Values from a file onto frozen settings dataclasses: every value checked, every error with its dotted path."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, get_type_hints

from pydantic import PydanticUserError, TypeAdapter, ValidationError

from monitor.config_lines import ConfigurationFile
from monitor.errors import VigilError

Settings = TypeVar("Settings")


def apply(defaults: Settings, values: Mapping[str, Any], file: ConfigurationFile, prefix: str = "") -> Settings:
    """``defaults`` (a settings dataclass, possibly nested) with ``values`` in place of its own.

    ConfigurationError names the dotted path and line of a name that does not exist or a value that does not fit.
    """
    kind: type = type(defaults)
    known = [field.name for field in fields(kind)]
    hints = get_type_hints(kind)
    changes: dict[str, Any] = {}
    for name, value in values.items():
        dotted = f"{prefix}.{name}" if prefix else str(name)
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(known)}"
            raise file.error(dotted, f"no such setting{hint}")
        present = getattr(defaults, name)
        if is_dataclass(present) and not isinstance(present, type):
            if not isinstance(value, Mapping):
                raise file.error(dotted, f"wants a section of settings, got {value!r}")
            changes[name] = apply(present, value, file, dotted)
        else:
            changes[name] = _checked(hints[name], value, file, dotted)
    try:
        return replace(defaults, **changes)  # type: ignore[type-var]
    except (VigilError, ValueError) as error:
        raise file.error(*_blamed(str(error), values, prefix)) from error


def _checked(hint: Any, value: Any, file: ConfigurationFile, dotted: str) -> Any:
    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        inner = "".join(f"[{step}]" for step in first["loc"] if isinstance(step, int))
        raise file.error(dotted + inner, f"{_said(first['msg'])}, got {first['input']!r}") from error
    except PydanticUserError as error:
        raise file.error(dotted, "cannot be set in a file") from error


def _said(message: str) -> str:
    return message[:1].lower() + message[1:]


def _blamed(message: str, values: Mapping[str, Any], prefix: str) -> tuple[str, str]:
    """Dotted path and complaint of a settings class's message, which may begin with ``name`` or ``section.name:``."""
    first, _, rest = message.partition(" ")
    name = first.rstrip(":").rsplit(".", 1)[-1]
    if name in values:
        return f"{prefix}.{name}" if prefix else name, rest
    return prefix or "settings", message
