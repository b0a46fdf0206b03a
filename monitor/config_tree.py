"""Values from a file onto frozen settings dataclasses: every value checked, every error with its dotted path."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import PydanticUserError, TypeAdapter, ValidationError

from monitor.config_complaint import Complaint, quoted
from monitor.config_lines import ConfigurationFile
from monitor.errors import VigilError

Settings = TypeVar("Settings")
FAILED: Any = object()
"""In place of a value that could not be built; why was complained about."""
KIND = "kind"
"""The setting by which one of several settings classes is chosen; a Literal in each of them."""


@dataclass(frozen=True, slots=True)
class Unshown:
    """Annotation of a setting whose value no complaint may quote."""


def apply(defaults: Settings, values: Mapping[str, Any], file: ConfigurationFile, prefix: str = "") -> Settings:
    """``defaults`` (a settings dataclass, possibly nested) with ``values`` in place of its own.

    ConfigurationError names the dotted path and line of the first name that does not exist or value that does not fit.
    """
    collector = Collector(file)
    built = collector.build(type(defaults), values, _present(defaults), prefix)
    if collector.complaints:
        raise collector.complaints[0].error()
    return built  # type: ignore[no-any-return]


def dataclasses_of(hint: Any) -> tuple[type, ...]:
    """The settings classes that a type hint allows: one, several told apart by ``kind``, or none."""
    origin = get_origin(hint)
    if origin is Annotated:
        return dataclasses_of(get_args(hint)[0])
    if origin in (Union, UnionType):
        parts = get_args(hint)
        return tuple(parts) if all(isinstance(part, type) and is_dataclass(part) for part in parts) else ()
    return (hint,) if isinstance(hint, type) and is_dataclass(hint) else ()


def entries_of(hint: Any) -> tuple[type, ...]:
    """The settings classes in a mapping by name, such as ``Mapping[str, Bed]``; none for any other hint."""
    arguments = get_args(hint)
    is_mapping = get_origin(hint) in (Mapping, dict) or getattr(get_origin(hint), "__name__", "") == "Mapping"
    return dataclasses_of(arguments[1]) if is_mapping and len(arguments) == 2 else ()


def items_of(hint: Any) -> tuple[type, ...]:
    """The settings classes in a list, such as ``tuple[Level, ...]``; none for any other hint."""
    arguments = get_args(hint)
    return dataclasses_of(arguments[0]) if get_origin(hint) is tuple and arguments[1:] == (...,) else ()


@cache
def hints_of(kind: type) -> dict[str, Any]:
    """Type hints of a settings class, annotations kept."""
    return get_type_hints(kind, include_extras=True)


def kind_of(kind: type) -> str:
    """The word by which a settings class is chosen."""
    return str(get_args(hints_of(kind)[KIND])[0])


@dataclass(slots=True)
class Collector:
    """Builds settings from ``file`` and keeps every complaint instead of stopping at the first."""

    file: ConfigurationFile
    complaints: list[Complaint] = field(default_factory=list)
    elsewhere: Mapping[type, Mapping[str, str]] = field(default_factory=dict)
    """Settings of a class that no file may set here: name → what to do instead."""

    def complain(self, dotted: str, message: str) -> None:
        """Keep one complaint about the setting at ``dotted``."""
        self.complaints.append(self.file.complaint(dotted, message))

    def build(self, kind: type, values: Any, present: Mapping[str, Any] | None = None, prefix: str = "") -> Any:
        """An instance of ``kind``; what ``values`` does not set comes from ``present``, else from the class.

        A value that does not fit is complained about and its default stands in, so that the rest can be checked too;
        FAILED when nothing can stand in.
        """
        if not isinstance(values, Mapping):
            self.complain(prefix or "settings", f"wants a section of settings, got {quoted(values)}")
            return FAILED
        present = present or {}
        known = {each.name: each for each in fields(kind)}
        changes, failed = dict(present), False
        for name, value in values.items():
            dotted = f"{prefix}.{name}" if prefix else str(name)
            if name in self.elsewhere.get(kind, {}):
                self.complain(dotted, self.elsewhere[kind][name])
                continue
            if name not in known:
                self.complain(dotted, f"no such setting{nearest(str(name), known)}")
                continue
            built = self._value(hints_of(kind)[name], present.get(name, _default(known[name])), value, dotted)
            if built is FAILED:
                failed = True
            else:
                changes[name] = built
        for name, each in known.items():
            if name not in changes and _default(each) is MISSING:
                if name not in values:
                    self.complain(prefix or "settings", f"wants {name}, which has no default")
                return FAILED
        return self._constructed(kind, changes, values, prefix, failed)

    def entries(
        self, kinds: tuple[type, ...], values: Any, prefix: str, present: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Settings by name; ``name: null`` is no entry. Those that fail are left out."""
        values = {} if values is None else values
        if not isinstance(values, Mapping):
            self.complain(prefix, f"wants settings by name, got {quoted(values)}")
            return {}
        chosen = {name: value for name, value in values.items() if value is not None}
        built = {name: self._chosen(kinds, value, f"{prefix}.{name}", present) for name, value in chosen.items()}
        return {name: entry for name, entry in built.items() if entry is not FAILED}

    def _value(self, hint: Any, present: Any, value: Any, dotted: str) -> Any:
        if entries := entries_of(hint):
            return self.entries(entries, value, dotted)
        if (items := items_of(hint)) and isinstance(value, list):
            made = [self._chosen(items, item, f"{dotted}[{number}]", None) for number, item in enumerate(value)]
            return FAILED if any(item is FAILED for item in made) else tuple(made)
        kinds = dataclasses_of(hint)
        if not kinds:
            return self._leaf(hint, value, dotted)
        return self._chosen(kinds, value, dotted, _present(present) if is_dataclass(present) else None)

    def _chosen(self, kinds: tuple[type, ...], value: Any, dotted: str, present: Mapping[str, Any] | None) -> Any:
        """A section; an empty one (``alerts:`` with nothing under it) says nothing."""
        value = {} if value is None else value
        if len(kinds) == 1 or not isinstance(value, Mapping):
            return self.build(kinds[0], value, present, dotted)
        by_word = {kind_of(kind): kind for kind in kinds}
        word = value.get(KIND)
        if not isinstance(word, str) or word not in by_word:
            said = f"got {quoted(word)}{nearest(str(word), by_word)}" if KIND in value else "which is missing"
            at = f"{dotted}.{KIND}" if KIND in value else dotted
            self.complain(at, f"wants kind to be one of {', '.join(by_word)}, {said}")
            return FAILED
        return self.build(by_word[word], value, present, dotted)

    def _leaf(self, hint: Any, value: Any, dotted: str) -> Any:
        secret = _is_unshown(hint)
        if isinstance(value, bool) and not _takes_bool(hint):
            self.complain(dotted, f"wants a number or text, got {str(value).lower()}")
            return FAILED
        if isinstance(value, float) and not math.isfinite(value):
            self.complain(dotted, f"must be a finite number, got {value}")
            return FAILED
        try:
            return _adapter(hint).validate_python(value)
        except ValidationError as error:
            told = set()
            for each in error.errors(include_url=False):
                inner = "".join(f"[{step}]" for step in each["loc"] if isinstance(step, int))
                said = _said(each["msg"]) + ("" if secret else f", got {quoted(each['input'])}")
                if (inner, said) not in told:
                    self.complain(dotted + inner, said)
                told.add((inner, said))
        except PydanticUserError:
            self.complain(dotted, "cannot be set in a file")
        return FAILED

    def _constructed(
        self, kind: type, changes: dict[str, Any], values: Mapping[str, Any], prefix: str, failed: bool
    ) -> Any:
        """Build; a value that the class itself refuses goes back to its default and the rest is tried again."""
        while True:
            try:
                return kind(**changes)
            except (VigilError, ValueError) as error:
                name, said = _blamed(str(error), values)
                if not failed or name:
                    self.complain((f"{prefix}.{name}" if prefix else name) if name else prefix or "settings", said)
                if name not in changes or _default(next(each for each in fields(kind) if each.name == name)) is MISSING:
                    return FAILED
                del changes[name]


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a complaint about ``name``: what was probably meant, else all there is."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are: {', '.join(names)}"


def _present(settings: Any) -> dict[str, Any]:
    return {each.name: getattr(settings, each.name) for each in fields(settings)}


def _default(each: Any) -> Any:
    return each.default_factory() if each.default_factory is not MISSING else each.default


@cache
def _cached_adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)


def _adapter(hint: Any) -> TypeAdapter[Any]:
    try:
        return _cached_adapter(hint)
    except TypeError:  # a hint that cannot be hashed
        return TypeAdapter(hint)


def _is_unshown(hint: Any) -> bool:
    return any(isinstance(part, Unshown) or _is_unshown(part) for part in (*get_args(hint), *_metadata(hint)))


def _metadata(hint: Any) -> tuple[Any, ...]:
    return tuple(getattr(hint, "__metadata__", ()))


def _takes_bool(hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return any(isinstance(part, bool) for part in get_args(hint))
    return hint is bool or hint is Any or any(_takes_bool(part) for part in get_args(hint))


def _said(message: str) -> str:
    plain = message.removeprefix("Value error, ")
    return plain[:1].lower() + plain[1:]


def _blamed(message: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Setting ("" if none of ``values``) and complaint of a class's message, which may begin with its name."""
    first, _, rest = message.partition(" ")
    name = first.rstrip(":").split("[", 1)[0].rsplit(".", 1)[-1]
    return (name, rest) if name in values else ("", message)
