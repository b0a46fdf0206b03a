"""What was asked of the shipped network beside what the evaluations found: the first table of a card's measured part.

A figure that misses its goal is named as such, so that nobody has to find it among the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Mapping[str, Any]]
"""{name of the evaluation: what it returned}."""

ACCURACY, CALIBRATION = 0.88, 0.03
F1, ICC = 0.85, 0.8
PAIRS_AUC = 0.9
ONSET_DELAY_S = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """``asked`` and ``found`` in words and numbers; ``met`` by the figure itself, not by its interval."""

    evaluation: str
    what: str
    asked: str
    found: str
    met: bool


def goals(figures: Figures) -> list[Goal]:
    """The goals of all evaluations among ``figures``; one whose figures are not there has none."""
    readers = (_ferplus, _aus, _faces, _mu, _pairs, _films, _simulations)
    return [goal for reader in readers for goal in reader(figures)]


def as_markdown(found: list[Goal]) -> str:
    """Missed ones first."""
    rows = sorted(found, key=lambda goal: goal.met)
    lines = ["| | asked | found | |", "| --- | --- | --- | --- |"]
    lines += [f"| {g.what} (`{g.evaluation}`) | {g.asked} | {g.found} | {'met' if g.met else 'MISSED'} |" for g in rows]
    return "\n".join(lines) + "\n"


def _at_least(evaluation: str, what: str, value: float | None, bound: float) -> Goal:
    found = "–" if value is None else f"{value:.3g}" if bound < 0.8 else f"{value:.3f}"
    return Goal(
        evaluation=evaluation, what=what, asked=f"≥ {bound:g}", found=found, met=value is not None and value >= bound
    )


def _ferplus(figures: Figures) -> Iterator[Goal]:
    found = figures.get("ferplus")
    if found:
        yield _at_least("ferplus", "emotion accuracy", found["accuracy_majority"], ACCURACY)
        error = found["calibration_error"]
        yield Goal(
            evaluation="ferplus",
            what="calibration error",
            asked=f"≤ {CALIBRATION:g}",
            found=f"{error:.3f}",
            met=error <= CALIBRATION,
        )


def _aus(figures: Figures) -> Iterator[Goal]:
    found = figures.get("aus", {})
    for unit, line in found.get("together", {}).items():
        yield _at_least("aus", f"{unit} F1 on strangers", line["f1"], F1)
        if "icc" in line:
            yield _at_least("aus", f"{unit} intraclass correlation on strangers", line["icc"], ICC)
    for material in ("renderings", "warps"):
        falling = [unit for unit, line in found.get(material, {}).items() if not line.get("monotone", True)]
        if found.get(material):
            yield Goal(
                evaluation="aus",
                what=f"monotone in strength, {material}",
                asked="every unit",
                found=f"falls once: {', '.join(falling)}" if falling else "every unit",
                met=not falling,
            )


def _faces(figures: Figures) -> Iterator[Goal]:
    found = figures.get("faces", {})
    for line in found.get("emotions", []):
        if line.get("target") is not None:
            yield _at_least("faces", f"{line['units']} on {line['emotion']}, AUC", line["auc"], line["target"])
    for line in found.get("neutral", []):
        if line.get("target") is not None:
            yield Goal(
                evaluation="faces",
                what=f"{line['unit']} on neutral faces",
                asked=f"≤ {line['target']:.0%}",
                found=f"{line['false_positives']:.1%}",
                met=bool(line["met"]),
            )


def _mu(figures: Figures) -> Iterator[Goal]:
    for line in figures.get("mu", {}).get("units", []):
        null, ratio = line.get("null_95th_percentile"), line.get("mu_over_chance")
        if null is not None:
            yield Goal(
                evaluation="mu",
                what=f"{line['target']} μ ÷ chance",
                asked=f"≥ 1.5 and > {null:.2f} (null)",
                found="–" if ratio is None else f"{ratio:.2f}",
                met=bool(line["met"]),
            )


def _pairs(figures: Figures) -> Iterator[Goal]:
    found = figures.get("pairs")
    if found:
        yield _at_least("pairs", f"pain above all else, AUC (n {found.get('n', '–')})", found["auc"], PAIRS_AUC)


def _films(figures: Figures) -> Iterator[Goal]:
    for line in figures.get("films", {}).get("films", []):
        onset_s, delay_s = line.get("onset_s"), line.get("delay_s")
        name = f"{str(line['file']).rsplit('/', 1)[-1]} ({line.get('end', 'as is')})"
        if line["label"] == "pain":
            yield Goal(
                evaluation="films",
                what=f"delay of {name}",
                asked=f"0 to {ONSET_DELAY_S} s",
                found="not judged pain" if delay_s is None else f"{delay_s:.1f} s after {onset_s} s",
                met=delay_s is not None and 0.0 <= delay_s <= ONSET_DELAY_S,
            )
        else:
            judged_s = line.get("pain_onset_s")
            yield Goal(
                evaluation="films",
                what=f"no pain in {name}",
                asked="never",
                found="never" if judged_s is None else f"at {judged_s:.1f} s",
                met=judged_s is None,
            )


def _simulations(figures: Figures) -> Iterator[Goal]:
    for name, words in (("false_alerts", "false alerts"), ("missed_silently", "pain missed without a word")):
        line = figures.get("simulations", {}).get("all", {}).get(name)
        if line:
            yield Goal(
                evaluation="simulations",
                what=f"{words} in simulated stays",
                asked="none",
                found=f"{line['count']} of {line['n']}",
                met=line["count"] == 0,
            )
