"""``vigil models report PAPER --out DIR``: run a paper's recipe and write its report.

A recipe is a module of ``models.recipes`` with ``run(settings, report, work, progress)`` and a frozen dataclass of
settings with a class method ``quick()``. Of the fields below, a recipe's settings have those that it can use:

    data        Mapping[str, Path]  name of a data set (``models.datasets.registry``, or ``stand-ins``) → folder
    weights     Mapping[str, str]   what to start from: name that the recipe knows → file, or ``torchvision``
    landmarker  Path | None         the face landmark asset for cropping
    workers     int | str           processes on this machine, or the address of a Ray cluster
    seed        int
    train_on    tuple[str, ...]     data sets to learn from
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from models.errors import DataMissing, PartMissing
from models.reports.document import Report

Progress = Callable[[str, int, int], None]
"""Title, done, total."""


@dataclass(frozen=True, slots=True)
class Paper:
    """Where a paper's recipe lies and what its report is called."""

    module: str
    settings: str
    title: str
    source: str


PAPERS: Mapping[str, Paper] = {
    "weitz": Paper(
        "models.recipes.weitz",
        "WeitzSettings",
        "Pain, happiness and disgust: what a small network looks at",
        "After Weitz, Hassan, Schmid & Garbas (2019), deep-learned faces of pain and emotions.",
    ),
    "rieger": Paper(
        "models.recipes.rieger",
        "RiegerSettings",
        "Action Units verified: does the evidence lie where the muscle is?",
        "After Rieger, Kollmann, Finzel, Seuss & Schmid (2020), verifying decisions for AU recognition.",
    ),
    "prajod": Paper(
        "models.recipes.prajod",
        "PrajodSettings",
        "What a network forgets on its way from emotions to pain",
        "After Prajod, Schiller, Huber & André (2021), do deep neural networks forget facial action units?",
    ),
    "arbabzadah": Paper(
        "models.recipes.arbabzadah",
        "ArbabzadahSettings",
        "Ratings of faces: which base network suits, and what it looks at",
        "After Arbabzadah, Montavon, Müller & Samek (2016), deconstructing a neural network.",
    ),
}


def write_report(
    paper: str,
    out: Path,
    *,
    quick: bool = False,
    data: Sequence[str] = (),
    weights: Sequence[str] = (),
    landmarker: Path | None = None,
    workers: str = "1",
    seed: int | None = None,
    train_on: Sequence[str] = (),
    work: Path | None = None,
    progress: Progress,
) -> Report:
    """Run the recipe of ``paper`` and write its report under ``out``; returns the report.

    ``work`` keeps crops and checkpoints, and a run that was cut off goes on from there (default: ``OUT/work``).
    DataMissing for a paper, an option or a folder that is not there; PartMissing without the packages of ``research``.
    """
    if paper not in PAPERS:
        raise DataMissing(f"models report: no paper {paper!r}; there are {', '.join(PAPERS)}")
    known = PAPERS[paper]
    try:
        recipe = import_module(known.module)
    except ModuleNotFoundError as error:
        raise PartMissing(f"models report {paper} needs {error.name}: pip install 'vigil[research]'") from error
    kind: Any = getattr(recipe, known.settings)
    given = {
        "data": {name: _folder(name, path) for name, path in _pairs("--data", data)},
        "weights": dict(_pairs("--weights", weights)),
        "landmarker": landmarker,
        "workers": int(workers) if workers.isdecimal() else workers,
        "seed": seed,
        "train_on": tuple(train_on) or None,
    }
    settings = _with(kind.quick() if quick else kind(), paper, given)
    report = Report(known.title, out, source=known.source)
    report.write()  # refuses a folder that cannot be written before hours of training, not after
    recipe.run(settings, report, work or out / "work", progress)
    report.write()
    return report


def _with(settings: Any, paper: str, given: Mapping[str, object]) -> Any:
    """The settings with what was given; DataMissing for something given that the recipe has no use for."""
    has = {field.name for field in fields(settings)}
    wanted = {name: value for name, value in given.items() if value not in (None, {})}
    for name in wanted.keys() - has:
        if name != "landmarker" and (name, wanted[name]) != ("workers", 1):  # these two are always given
            raise DataMissing(f"models report {paper}: --{name.replace('_', '-')} means nothing to this recipe")
    return replace(settings, **{name: value for name, value in wanted.items() if name in has})


def _pairs(option: str, given: Sequence[str]) -> list[tuple[str, str]]:
    pairs = [entry.partition("=") for entry in given]
    for entry, (name, _, value) in zip(given, pairs, strict=True):
        if not name or not value:
            raise DataMissing(f"{option} {entry}: write NAME=PATH")
    return [(name, value) for name, _, value in pairs]


def _folder(name: str, path: str) -> Path:
    if not Path(path).exists():
        raise DataMissing(f"--data {name}={path}: not there")
    return Path(path)
