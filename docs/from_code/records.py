"""What flows through vigil, field by field, from ``monitor/records.py`` and the reasons beside it."""

from __future__ import annotations

import enum
from dataclasses import fields
from types import ModuleType
from typing import get_args, get_type_hints

import monitor.alerts.topics
import monitor.alerts.transition
import monitor.reasons
import monitor.records
from from_code.markdown import code, prose, table, type_words
from monitor.alerts.transition import Transition
from monitor.records import Evidence, Pose, Quality, Record


def records() -> str:
    """The records in the order they flow, their parts, and every enumerated reason."""
    text = ["## In the order they flow\n"]
    for kind in get_args(Record):
        text += _described(kind, 3)
    text.append("## Parts of records\n")
    for kind in (Pose, Quality, Evidence):
        text += _described(kind, 3)
    text += ["## The alert journal\n", *_described(Transition, 3), "## Words and reasons\n"]
    for module in (monitor.records, monitor.reasons, monitor.alerts.topics):
        for kind in _enumerations(module):
            words = ", ".join(code(str(member.value)) for member in kind)
            text += [f"### {kind.__name__}\n", f"{prose(kind.__doc__ or '')} {words}\n"]
    return "\n".join(text)


def _described(kind: type, depth: int) -> list[str]:
    hints = get_type_hints(kind)
    rows = ((code(each.name), type_words(hints[each.name])) for each in fields(kind))
    return [f"{'#' * depth} {kind.__name__}\n", prose(kind.__doc__ or "") + "\n", table(("field", "type"), rows)]


def _enumerations(module: ModuleType) -> list[type[enum.Enum]]:
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, enum.Enum)]
    return [kind for kind in found if kind.__module__ == module.__name__]
