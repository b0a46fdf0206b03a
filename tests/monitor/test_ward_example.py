"""The documented example: it can be used, it has every key, and what it calls a default is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import to_jsonable_python

from monitor.config_lines import read
from monitor.config_tree import dataclasses_of, entries_of, hints_of, kind_of
from monitor.ward.beds import INHERITED, BedSettings
from monitor.ward.facility import NOT_IN_A_WARD, FacilitySettings
from monitor.ward.reading import read_ward

EXAMPLE = Path(__file__).resolve().parents[2] / "systemd" / "vigil.example.yaml"
FILE = read(EXAMPLE)


def expected() -> dict[str, Any]:
    """Every dotted path of the example's tree and its default (MISSING where there is none)."""
    values = FILE.values
    found: dict[str, Any] = {}
    for each in fields(FacilitySettings):
        hint = hints_of(FacilitySettings)[each.name]
        present = getattr(FacilitySettings(), each.name)
        if each.name == "beds":
            for name in values["beds"]:
                found.update(section(BedSettings, None, f"beds.{name}", skip=INHERITED))
        elif entries := entries_of(hint):
            kinds = {kind_of(kind): kind for kind in entries}
            for name, entry in values[each.name].items():
                found.update(section(kinds[entry["kind"]], None, f"{each.name}.{name}"))
        elif dataclasses_of(hint):
            found.update(section(type(present), present, each.name))
        else:
            found[each.name] = present
    return found


def section(kind: type, present: Any, prefix: str, skip: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for each in fields(kind):
        made = each.default_factory() if each.default_factory is not MISSING else each.default
        value = getattr(present, each.name) if present is not None else made
        if each.name in skip or each.name == "kind" or each.name in NOT_IN_A_WARD.get(kind, {}):
            continue
        if is_dataclass(value) and not isinstance(value, type):
            yield from section(type(value), value, f"{prefix}.{each.name}")
        else:
            yield f"{prefix}.{each.name}", value


def written(dotted: str) -> Any:
    value: Any = FILE.values
    for step in dotted.split("."):
        value = value[step]
    return value


def as_written(value: Any) -> Any:
    return to_jsonable_python(value)


def test_it_can_be_used():
    reading = read_ward(EXAMPLE)
    assert reading.complaints == ()
    assert reading.notes == ()


def test_it_has_every_key():
    marks = FILE.marks
    complete = {dotted for dotted in expected() if not re.match(r"beds\.(?!bed-1\.)", dotted)}
    assert complete - marks.keys() == set()
    assert {f"beds.bed-1.{name}" for name in INHERITED} <= marks.keys()


def test_every_kind_of_source_and_sink_is_there():
    values = FILE.values
    for name in ("sources", "sinks"):
        kinds = {kind_of(kind) for kind in entries_of(hints_of(FacilitySettings)[name])}
        assert {entry["kind"] for entry in values[name].values()} == kinds


def test_what_it_calls_a_default_is_one_and_the_rest_is_not():
    lines, marks = EXAMPLE.read_text(encoding="utf-8").splitlines(), FILE.marks
    said = 0
    for dotted, default in expected().items():
        if dotted not in marks:
            continue
        is_default = default is not MISSING and written(dotted) == as_written(default)
        assert lines[marks[dotted].line - 1].endswith("  # default") == is_default, dotted
        said += is_default
    assert said == sum(line.endswith("# default") for line in lines) > 150


def test_every_key_is_explained_above_it():
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    marks = FILE.marks
    for dotted in expected():
        if dotted in marks and not re.match(r"beds\.(?!bed-1\.)", dotted):
            above = lines[marks[dotted].line - 2].strip()
            assert above.startswith("# "), dotted
            assert len(above) > 5, dotted


@pytest.mark.parametrize("line", ["  # default", "# Secrets never stand in here."])
def test_it_says_how_it_is_meant(line: str):
    assert line in EXAMPLE.read_text(encoding="utf-8")
