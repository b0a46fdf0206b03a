"""Concept probes of the report after Prajod et al., and whether the analysis finds a forgetting that was planted."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.datasets.crops import Crops
from models.errors import DataInvalid
from models.evaluation.concept_probe import ProbeComparison, compare
from models.recipes.prajod_settings import PrajodSettings
from models.reports import published_prajod as published
from models.reports.document import Report
from models.reports.table import Row
from models.training.folds import Workers, run_folds

WHOLE, CUT = "whole face", "mouth cropped out"
ABOVE_MOUTH = 0.62
"""Share of the aligned crop's height above the mouth; the nose base lies at 0.60."""
UPPER_FACE = ("AU01", "AU02", "AU04", "AU05", "AU06", "AU07", "AU09")
"""Units probed with the mouth cropped out as well, since they often come with an open one."""
FEWEST = 8
"""Pictures with and without a unit below which it is not probed."""


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """One unit to probe: the pictures whose code is known, the features of both networks, and who is on them."""

    unit: str
    picture: str
    first: NDArray[np.float32]
    second: NDArray[np.float32]
    present: NDArray[np.bool_]
    subjects: tuple[str, ...] | None


Compared = tuple[str, str, ProbeComparison]


def probes(
    settings: PrajodSettings, crops: Crops, features: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
) -> list[Probe]:
    """All units with enough pictures; ``features``: picture (whole or cut) → (N, D) of FreezeB5 and of the other."""
    made = []
    for unit in crops.faces.units:
        coded = crops.faces.presence(unit)
        known = np.flatnonzero(np.isfinite(coded))
        present = coded[known] > 0
        if min(present.sum(), (~present).sum()) < FEWEST:
            continue
        people = tuple(crops.faces.subjects[row] for row in known) if settings.probe_by_subject else None
        for picture, (first, second) in features.items():
            if picture == WHOLE or unit in UPPER_FACE:
                made.append(Probe(unit, picture, first[known], second[known], present, people))
    return made


def run(made: Sequence[Probe], repetitions: int, seed: int, workers: Workers) -> list[Compared]:
    """Every probe's comparison; units that no two folds can hold are left out."""
    found = run_folds(functools.partial(_one, repetitions, seed), list(made), workers)
    return [compared for compared in found if compared is not None]


def table(report: Report, found: Sequence[Compared], names: tuple[str, str], repetitions: int) -> tuple[str, ...]:
    """All units, the plain and the corrected test; returns the units that the corrected test calls forgotten."""
    rows: list[Row] = []
    marks: list[tuple[int, int]] = []
    forgotten: list[str] = []
    for unit, picture, compared in found:
        lost = compared.forgotten()
        if lost:
            forgotten.append(unit)
            marks.append((len(rows), 9))
        plain, corrected = compared.plain, compared.corrected
        rows.append(
            (unit, picture, compared.positive, compared.pictures, 100 * float(compared.second.mean()),
             100 * float(compared.first.mean()), -plain.t, plain.p, corrected.p, "forgotten" if lost else "")
        )  # fmt: skip
    first, second = names
    report.table(
        "concept-probes",
        ["unit", "picture", "with unit", "pictures", f"F1 {second} (%)", f"F1 {first} (%)", "t", "p plain",
         "p corrected", "verdict"],
        rows,
        title=f"Concept probes: linear machines on the last convolution block, {repetitions} × 2 folds",
        published=[(u, w, None, None, a, b, t, p, None, "forgotten") for u, w, a, b, t, p in published.PROBES],
        keys=2,
        digits=2,
        marks=marks,
        note=f"t as in the paper ({second} − {first}): negative where {second} tells the unit less well. p plain is "
        "the paper's paired t-test, which takes repetitions over the same pictures for independent; p corrected is "
        "Nadeau and Bengio's resampled t-test, and the verdict is its (p < 0.05). "
        f"{len(rows)} probes are made, so about {0.05 * len(rows):.1f} verdicts could be chance.",
    )  # fmt: skip
    return tuple(dict.fromkeys(forgotten))


def planted_table(report: Report, unit: str, found: Sequence[tuple[float, int, ProbeComparison]]) -> None:
    """Strength and copy → what either test says, and as a figure."""
    rows = [
        (strength, copy + 1, 100 * float(c.first.mean()), 100 * float(c.second.mean()), c.plain.p, c.corrected.p,
         "yes" if c.plain.p < 0.05 else "no", "yes" if c.corrected.p < 0.05 else "no")
        for strength, copy, c in found
    ]  # fmt: skip
    marks = [(at, 6) for at, row in enumerate(rows) if row[0] == 0 and row[6] == "yes"]
    report.table(
        "planted",
        ["strength", "copy", "F1 network (%)", "F1 copy (%)", "p plain", "p corrected", "plain sees a loss or gain",
         "corrected sees one"],
        rows,
        title=f"Planted: copies that are blind to {unit} by a share of its strength",
        keys=2,
        digits=2,
        marks=marks,
        note="A copy is the emotion network after one more epoch of the same task: it differs by training noise. At "
        f"strength 0 nothing is forgotten; at strength 1 the copy cannot see {unit} at all: its pictures lack it. "
        "Marked: the plain test takes noise for a loss or a gain.",
    )  # fmt: skip
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    axes = figure.subplots()
    for test, marker, colour in (("plain", "x", "#b3261e"), ("corrected", "o", "#1f4e79")):
        at = [strength + (0.012 if test == "plain" else -0.012) for strength, _, _ in found]
        axes.scatter(at, [max(getattr(c, test).p, 1e-40) for _, _, c in found], marker=marker, color=colour, label=test)
    axes.axhline(0.05, color="#5d656d", linestyle="--", linewidth=1)
    axes.set(
        yscale="log",
        xticks=sorted({strength for strength, _, _ in found}),
        xlim=(-0.3, 1.3),
        xlabel=f"planted strength of forgetting {unit}",
        ylabel="p",
    )
    axes.legend(frameon=False)
    report.figure(
        "planted",
        figure,
        "p of both tests over the planted strengths, a point a copy; the dashed line is 0.05. On the left nothing was "
        "forgotten: points below the line there are false alarms.",
    )
    report.text(planted_verdict(unit, found))


def planted_verdict(unit: str, found: Sequence[tuple[float, int, ProbeComparison]]) -> str:
    """In a sentence, whether the corrected test found what was planted, and why not where it did not."""
    most = max(strength for strength, _, _ in found)
    blind = [compared for strength, _, compared in found if strength == most]
    hits = sum(compared.forgotten() for compared in blind)
    said = f"At strength {most:g} the corrected test finds the loss in {hits} of {len(blind)} copies."
    if hits < len(blind):
        known = 100 * float(np.mean([compared.first.mean() for compared in blind]))
        said += (
            f" The network itself tells {unit} on these drawn faces with an F1 of {known:.0f}%: what it hardly sees, "
            "it cannot lose by much. A network that learnt its emotions from drawn faces sees more."
        )
    return said


def _one(repetitions: int, seed: int, probe: Probe) -> Compared | None:
    try:
        compared = compare(probe.first, probe.second, probe.present, probe.subjects, repetitions=repetitions, seed=seed)
    except DataInvalid:  # too few people show the unit
        return None
    return probe.unit, probe.picture, compared
