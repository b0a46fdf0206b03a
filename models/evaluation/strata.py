"""Neutral faces by age, sex, ethnicity and skin tone: whether an older neutral face reads as frowning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import bootstrap, wilson
from models.evaluation.lab_people import LabPeople
from models.evaluation.skin_tone import BANDS

FROWN = "AU04"
AGE_BANDS = ((18, 24), (25, 29), (30, 39), (40, 54))
"""Years, both ends included; the London set ends at 54."""


def by_strata(
    people: LabPeople, neutral: Mapping[str, NDArray[np.float32]], thresholds: Mapping[str, float]
) -> dict[str, Any]:
    """``strata``: AU4 on neutral faces per group; ``frown_by_age``: its rank correlation with age.

    A quarter of the people alone is too few for groups of age, so all are counted, and how many were kept from
    training stands beside. {} without AU4 or without ``info.csv``.
    """
    known = [row for row, picture in enumerate(people.neutral) if picture.person in people.about]
    if FROWN not in neutral or not known:
        return {}
    scores = neutral[FROWN][known]
    about = [people.about[people.neutral[row].person] for row in known]
    held_out = np.array([people.neutral[row].held_out for row in known], bool)
    age = np.array([_years(person) for person in about])
    records = []
    tone = np.array([people.neutral[row].tone_deg for row in known])
    for name, group in _groups(age, about) + _tones(tone):
        if group.any():
            wrong = int((scores[group] >= thresholds[FROWN]).sum())
            records.append(
                {
                    "group": name,
                    "n": int(group.sum()),
                    "held_out": int((group & held_out).sum()),
                    "mean_AU04": round(float(scores[group].mean()), 3),
                    "mean_AU04_held_out": round(float(scores[group & held_out].mean()), 3)
                    if (group & held_out).any()
                    else None,
                    "false_positives": round(wrong / int(group.sum()), 4),
                    "interval_95": [round(edge, 4) for edge in wilson(wrong, int(group.sum()))],
                }
            )
    dated = ~np.isnan(age)
    return {
        "strata": records,
        "frown_by_age": {
            "spearman": round(spearman(age[dated], scores[dated]), 3),
            "interval_95": [round(edge, 3) for edge in bootstrap(spearman, age[dated], scores[dated], seed=1)],
            "n": int(dated.sum()),
        },
    }


def spearman(left: NDArray[np.floating], right: NDArray[np.floating]) -> float:
    """Rank correlation of (N,) each, ties sharing their mean rank; NaN where one side never varies."""
    ranks = [_ranks(np.asarray(side, dtype=np.float64)) for side in (left, right)]
    if len(left) < 2 or any(rank.std() == 0 for rank in ranks):
        return float("nan")
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[where.ravel()], dtype=np.float64)


def _groups(age: NDArray[np.float64], about: list[dict[str, str]]) -> list[tuple[str, NDArray[np.bool_]]]:
    """(name, members) of every age band, sex and ethnicity that the table knows."""
    found: list[tuple[str, NDArray[np.bool_]]] = [
        (f"age {low}–{high}", (age >= low) & (age <= high)) for low, high in AGE_BANDS
    ]
    readers: dict[str, Callable[[dict[str, str]], str]] = {
        "sex": lambda row: row.get("face_gender", ""),
        "ethnicity": lambda row: row.get("face_eth", ""),
    }
    for title, read in readers.items():
        values = np.array([read(row) for row in about])
        found += [(f"{title} {value}", values == value) for value in sorted(set(values)) if value]
    return found


def _tones(tone_deg: NDArray[np.float64]) -> list[tuple[str, NDArray[np.bool_]]]:
    return [(f"skin {name}", (tone_deg > low) & (tone_deg <= high)) for name, low, high in BANDS]


def _years(person: dict[str, str]) -> float:
    try:
        return float(person.get("face_age", ""))
    except ValueError:
        return float("nan")
