"""Every key of a ward's configuration with type, limits, default and meaning, from the schema the program gives."""

from __future__ import annotations

import json
from typing import Any

from from_code.markdown import code, prose, table
from monitor.ward.beds import INHERITED
from monitor.ward.schema import ward_schema

_LIMITS = (("exclusiveMinimum", ">"), ("minimum", "≥"), ("exclusiveMaximum", "<"), ("maximum", "≤"))
_FAR = 31_622_400
"""A limit of a year or more keeps numbers sane; nobody needs to read it."""


def settings() -> str:
    """The top level, then a section for each of its sections, in the order of the example."""
    schema = ward_schema()
    definitions = schema["$defs"]
    top = {name: value for name, value in schema["properties"].items() if not _is_section(value)}
    text = ["## Top level\n", _table(top, "")]
    for name, value in schema["properties"].items():
        if _is_section(value):
            text += _section(name, value, definitions, 2)
    return "\n".join(text)


def _is_section(value: dict[str, Any]) -> bool:
    return value.get("type") == "object" and ("properties" in value or isinstance(_entries(value), list))


def _entries(value: dict[str, Any]) -> list[str] | None:
    """Names of the definitions that a mapping by name holds."""
    inner = value.get("additionalProperties")
    if not isinstance(inner, dict):
        return None
    return [part["$ref"].rpartition("/")[2] for part in inner.get("anyOf", ()) if "$ref" in part] or None


def _section(path: str, value: dict[str, Any], definitions: dict[str, Any], depth: int) -> list[str]:
    text = [f"{'#' * depth} {path}\n", prose(value.get("description", "")).partition(" - ")[0] + "\n"]
    for name in _entries(value) or ():
        kind = definitions[name]
        word = kind["properties"].get("kind", {}).get("const")
        heading = f"{path}.NAME, kind {word}" if word else f"{path}.NAME"
        text += _section(heading, kind, definitions, depth + 1)
    own = {name: each for name, each in value.get("properties", {}).items() if not _is_section(each)}
    if own:
        text.append(_table(own, path.partition(",")[0]))
    inner = {name: each for name, each in value.get("properties", {}).items() if _is_section(each)}
    inherited = [name for name in inner if path.startswith("beds.") and name in INHERITED]
    if inherited:
        listed = ", ".join(f"[{name}](#{name})" for name in inherited)
        text.append(f"A bed may have sections of its own that override the ward's key by key: {listed}.\n")
    for name in [name for name in inner if name not in inherited]:
        text += _section(f"{path}.{name}", inner[name], definitions, depth + 1)
    return text


def _table(properties: dict[str, Any], path: str) -> str:
    rows = []
    for name, value in properties.items():
        default = code(json.dumps(value["default"], ensure_ascii=False)) if "default" in value else "none: must be set"
        rows.append((code(name), _kind(value), default, prose(value.get("description", ""))))
    return table(("key", "value", "default", "what it says"), rows)


def _kind(value: dict[str, Any]) -> str:
    if "anyOf" in value:
        return " or ".join("nothing" if part.get("type") == "null" else _kind(part) for part in value["anyOf"])
    if "$ref" in value:
        return str(value["$ref"].rpartition("/")[2])
    if "enum" in value:
        return ", ".join(map(code, map(str, value["enum"])))
    if "const" in value:
        return code(str(value["const"]))
    words = {"number": "number", "integer": "whole number", "boolean": "true or false", "string": "text"}
    limits = [f"{sign} {value[key]:g}" for key, sign in _LIMITS if key in value and abs(value[key]) < _FAR]
    if value.get("type") == "array":
        inner = _kind(value["items"]) if "items" in value else "values"
        return f"list of {inner}"
    return " ".join([words.get(value.get("type", ""), str(value.get("type", "any"))), *limits])
