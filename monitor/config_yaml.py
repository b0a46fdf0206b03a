"""YAML as configuration needs it: 1.2's few words (``on`` is text, not true), keys are text, every place known."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from monitor.config_complaint import Complaint, Malformed, Mark

MOST_NODES = 50_000
MOST_DEPTH = 40
"""Aliases can blow a small file up without end; these bounds refuse it before anything is built."""

_CORE = {
    "tag:yaml.org,2002:null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "tag:yaml.org,2002:bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "tag:yaml.org,2002:int": (r"[-+]?[0-9]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "tag:yaml.org,2002:float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+0123456789."),
    ),
    "tag:yaml.org,2002:merge": (r"<<", ["<"]),
}


class _CoreLoader(yaml.SafeLoader):  # type: ignore[misc]
    """SafeLoader with the words of YAML 1.2: no yes/no/on/off, no base 60, no dates."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML keeps its words in a class attribute


for _tag, (_pattern, _first) in _CORE.items():
    _CoreLoader.add_implicit_resolver(_tag, re.compile(rf"^(?:{_pattern})$"), _first)
_CoreLoader.add_constructor(
    "tag:yaml.org,2002:int", lambda loader, node: int(node.value, 16 if "x" in node.value else 10)
)


def read_yaml(path: Path, text: str) -> tuple[dict[str, Any], dict[str, Mark]]:
    """Nested values and the place of every key and item; Malformed for what is not one mapping of settings."""
    try:
        root = yaml.compose(text, Loader=_CoreLoader)
        if root is None:
            return {}, {}
        marks: dict[str, Mark] = {}
        _walk(path, root, "", marks, [0])
        values = _CoreLoader("").construct_document(root)
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark or error.context_mark
        said = f"not valid YAML: {error.problem or error.context}"
        raise Malformed(Complaint(_mark(path, place) if place else Mark(path), "", said)) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Malformed(Complaint(Mark(path), "", f"not valid YAML: {type(error).__name__}")) from None
    if not isinstance(values, dict):
        raise Malformed(Complaint(Mark(path), "", f"wants settings by name, has a {type(values).__name__}"))
    return values, marks


def _mark(path: Path, place: Any) -> Mark:
    return Mark(path, place.line + 1, place.column + 1)


def _walk(path: Path, node: Any, prefix: str, marks: dict[str, Mark], seen: list[int], depth: int = 0) -> None:
    """Place of everything under ``node``; keys become text, one written twice is refused."""
    seen[0] += 1
    if seen[0] > MOST_NODES or depth > MOST_DEPTH:
        said = "is too large or too deep for a configuration (an alias that repeats itself?)"
        raise Malformed(Complaint(_mark(path, node.start_mark), prefix, said))
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            marks[f"{prefix}[{number}]"] = _mark(path, item.start_mark)
            _walk(path, item, f"{prefix}[{number}]", marks, seen, depth + 1)
    if not isinstance(node, yaml.MappingNode):
        return
    written: dict[str, Mark] = {}
    for key, value in node.value:
        here = _mark(path, key.start_mark)
        if not isinstance(key, yaml.ScalarNode):
            raise Malformed(Complaint(here, prefix, "a name of a setting must be one word"))
        if key.tag != "tag:yaml.org,2002:merge":
            key.tag = "tag:yaml.org,2002:str"
            dotted = f"{prefix}.{key.value}" if prefix else key.value
            if key.value in written:
                raise Malformed(Complaint(here, dotted, f"written twice, first in line {written[key.value].line}"))
            written[key.value] = marks[dotted] = here
            _walk(path, value, dotted, marks, seen, depth + 1)
        else:
            _walk(path, value, prefix, dict(marks), seen, depth + 1)
