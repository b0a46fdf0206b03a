"""The JSON schema (2020-12) of a ward's configuration, for editors that complete and check while one writes."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from monitor.config_tree import KIND, dataclasses_of, entries_of, hints_of, items_of
from monitor.ward.beds import INHERITED, BedSettings
from monitor.ward.documentation import one_line, sentences
from monitor.ward.facility import NOT_IN_A_WARD, FacilitySettings
from monitor.ward.values import NAME_PATTERN

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def ward_schema() -> dict[str, Any]:
    """Every key with its type, limits, meaning and default. What keys demand of each other is checked on reading."""
    definitions: dict[str, Any] = {}
    whole = _section(FacilitySettings, FacilitySettings(), definitions)
    return {"$schema": DIALECT, "title": "vigil ward", **whole, "$defs": definitions}


def _section(kind: type, present: Any, definitions: dict[str, Any], *, defaults: bool = True) -> dict[str, Any]:
    """``present`` gives the defaults (None: the class does); without ``defaults`` none is said: they are inherited."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    for each in fields(kind):
        if each.name in NOT_IN_A_WARD.get(kind, {}):
            continue
        default = getattr(present, each.name) if present is not None else _default(each)
        if default is MISSING:
            required.append(each.name)
        said = sentences(kind).get(each.name)
        own = defaults and not (kind is BedSettings and each.name in INHERITED)
        schema = _value(hints_of(kind)[each.name], default, definitions, own)
        properties[each.name] = {**({"description": said} if said else {}), **schema}
    section: dict[str, Any] = {
        "type": "object",
        "description": one_line((kind.__doc__ or "").strip()),
        "properties": properties,
        "additionalProperties": False,
    }
    if KIND in properties:
        required.append(KIND)
    return {**section, "required": required} if required else section


def _value(hint: Any, default: Any, definitions: dict[str, Any], defaults: bool) -> dict[str, Any]:
    if entries := entries_of(hint):
        named = [_named(kind, definitions) for kind in entries]
        removed = {"type": "null", "description": "takes away what an earlier file set"}
        return {
            "type": "object",
            "propertyNames": {"pattern": NAME_PATTERN},
            "additionalProperties": {"anyOf": [*named, removed]},
        }
    if kinds := dataclasses_of(hint):
        present = default if is_dataclass(default) else None
        return _section(kinds[0], present, definitions, defaults=defaults)
    if items := items_of(hint):
        schema: dict[str, Any] = {"type": "array", "items": _named(items[0], definitions)}
    else:
        schema = TypeAdapter(hint).json_schema(ref_template="#/$defs/{model}")
        definitions.update(schema.pop("$defs", {}))
    if defaults and default is not MISSING:
        schema["default"] = to_jsonable_python(default, fallback=str)
    else:
        schema.pop("default", None)
    return schema


def _named(kind: type, definitions: dict[str, Any]) -> dict[str, str]:
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = _section(kind, None, definitions)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _default(each: Any) -> Any:
    return each.default_factory() if each.default_factory is not MISSING else each.default
