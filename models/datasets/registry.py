"""The data sets by name; a module is imported when its set is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from models.datasets.counted import Count
from models.datasets.faces import LabelledFaces
from models.errors import DataMissing


@dataclass(frozen=True, slots=True)
class DataSet:
    """Where a set's three functions live: ``module`` and their names there."""

    module: str
    open_faces: str = "open_faces"
    missing: str = "missing"
    counted: str = "counted"


NAMES: Mapping[str, DataSet] = {
    "biovid": DataSet("biovid"),
    "biovid_a": DataSet("biovid", open_faces="open_part_a", missing="missing_a", counted="counted_a"),
    "biovid_d": DataSet("biovid", open_faces="open_part_d", missing="missing_d", counted="counted_d"),
    "unbc": DataSet("unbc"),
    "ck_plus": DataSet("ck_plus"),
    "actor_study": DataSet("actor_study"),
    "affectnet": DataSet("affectnet"),
    "fer2013": DataSet("fer2013"),
    "kdef": DataSet("kdef"),
    "us_adult_faces": DataSet("us_adult_faces"),
    "disfa": DataSet("disfa"),
    "bp4d": DataSet("bp4d"),
}


def open_set(name: str, root: Path) -> LabelledFaces:
    """The set in its original layout below ``root``; DataMissing or DataInvalid say in one line what is wrong."""
    faces: LabelledFaces = _function(name, "open_faces")(_there(root))
    return faces


def check(name: str, root: Path) -> list[str]:
    """A line for everything that is missing, half copied or contradictory; empty where the set is complete."""
    lines: list[str] = _function(name, "missing")(_there(root))
    return lines


def counts(name: str, root: Path) -> list[Count]:
    """Subjects and frames beside the counts that were published."""
    found: list[Count] = _function(name, "counted")(_there(root))
    return found


def _there(root: Path) -> Path:
    if not root.exists():
        raise DataMissing(f"{root}: not found (the folder of a data set)")
    return root


def _function(name: str, which: str) -> Callable[[Path], Any]:
    known = NAMES.get(name.replace("-", "_"))
    if known is None:
        raise DataMissing(f"no data set {name!r}; there are: {', '.join(NAMES)}")
    function: Callable[[Path], Any] = getattr(import_module(f"models.datasets.{known.module}"), getattr(known, which))
    return function
