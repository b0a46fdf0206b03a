"""Splits by subject: k folds, leave one subject out, shares. A split that mixes subjects is refused.

Mixing subjects is the field's best-known mistake (UNBC: intraclass correlation .85 with mixed folds, .55 by subject).
Where a paper itself lets training and validation share subjects, the split says so in ``shares``; training and test
never share one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import DataInvalid

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Rows to train on, to choose by and to test on (sorted, disjoint); ``shares`` says which paper mixes, and what."""

    name: str
    train: Rows
    validation: Rows
    test: Rows
    shares: str = ""


def make_split(
    name: str,
    subjects: Sequence[str],
    *,
    train: Sequence[int] | Rows,
    validation: Sequence[int] | Rows = (),
    test: Sequence[int] | Rows = (),
    shares: str = "",
) -> Split:
    """A checked split over rows whose ``subjects`` (N) are given.

    ``shares`` is the reason why training and validation hold the same people, empty where they must not. DataInvalid
    where a row is in two parts or out of range, or a subject in two parts that must not share one.
    """
    parts = {"training": _rows(train), "validation": _rows(validation), "test": _rows(test)}
    for part, rows in parts.items():
        if len(rows) and not (rows.min() >= 0 and rows.max() < len(subjects)):
            raise DataInvalid(f"split {name}: {part} has a row outside 0–{len(subjects) - 1}")
        if len(np.unique(rows)) != len(rows):
            raise DataInvalid(f"split {name}: {part} holds a row twice")
    for one, other in (("training", "validation"), ("training", "test"), ("validation", "test")):
        twice = np.intersect1d(parts[one], parts[other])
        if len(twice):
            raise DataInvalid(f"split {name}: row {twice[0]} is in {one} and in {other}")
        shared = {subjects[i] for i in parts[one]} & {subjects[i] for i in parts[other]}
        if shared and not (shares and other == "validation"):
            raise DataInvalid(f"split {name}: {one} and {other} share subject {min(shared)} ({len(shared)} in all)")
    return Split(name, parts["training"], parts["validation"], parts["test"], shares)


def k_fold(subjects: Sequence[str], k: int, seed: int, validation: float = 0.0) -> tuple[Split, ...]:
    """``k`` folds; every subject is tested on once, folds are as equal in rows as whole subjects allow.

    ``validation`` is the share of each fold's remaining subjects held back to choose by (at least one when above 0).
    Deterministic in ``seed``. DataInvalid with fewer subjects than folds.
    """
    people = sorted(set(subjects))
    needed = k + (1 if validation > 0 else 0)
    if k < 2 or len(people) < needed:
        raise DataInvalid(f"{k} folds by subject: need at least 2 folds and {needed} subjects, got {len(people)}")
    rng = np.random.default_rng(seed)
    size = Counter(subjects)
    shuffled = [people[i] for i in rng.permutation(len(people))]
    folds: list[list[str]] = [[] for _ in range(k)]
    rows = [0] * k
    for person in sorted(shuffled, key=lambda person: -size[person]):  # largest first, into the smallest fold
        smallest = min(range(k), key=lambda fold: (rows[fold], len(folds[fold])))
        folds[smallest].append(person)
        rows[smallest] += size[person]
    return tuple(
        _by_people(f"fold {number} of {k}", subjects, fold, validation, np.random.default_rng([seed, number]))
        for number, fold in enumerate(folds, start=1)
    )


def leave_one_subject_out(subjects: Sequence[str], seed: int = 0, validation: float = 0.0) -> tuple[Split, ...]:
    """One split per subject, in the order of their names, that tests on this subject alone."""
    people = sorted(set(subjects))
    if len(people) < (3 if validation > 0 else 2):
        raise DataInvalid(f"leave one subject out: {len(people)} subjects are too few")
    return tuple(
        _by_people(f"without {person}", subjects, [person], validation, np.random.default_rng([seed, number]))
        for number, person in enumerate(people)
    )


def by_share(subjects: Sequence[str], seed: int, *, validation: float, test: float) -> Split:
    """One split with these shares of the subjects (rounded; at least one where the share is above 0)."""
    people = sorted(set(subjects))
    rng = np.random.default_rng(seed)
    tested = _drawn(people, test, rng)
    if len(people) - len(tested) < 1 + (validation > 0):
        raise DataInvalid(f"split by share: {len(people)} subjects are too few")
    return _by_people("by share", subjects, tested, validation, rng)


def _by_people(
    name: str, subjects: Sequence[str], tested: Sequence[str], validation: float, rng: np.random.Generator
) -> Split:
    """The split that tests on ``tested`` and draws its validation subjects from the others."""
    held = set(tested)
    others = [person for person in sorted(set(subjects)) if person not in held]
    chosen = set(_drawn(others, validation, rng))
    if len(chosen) == len(others):
        raise DataInvalid(f"split {name}: no subject is left to train on")
    rest = set(others) - chosen

    def of(people: set[str]) -> list[int]:
        return [row for row, subject in enumerate(subjects) if subject in people]

    return make_split(name, subjects, train=of(rest), validation=of(chosen), test=of(held))


def _drawn(people: Sequence[str], share: float, rng: np.random.Generator) -> list[str]:
    if not 0 <= share < 1:
        raise DataInvalid(f"share of subjects must be in [0, 1), got {share}")
    count = max(1, round(share * len(people))) if share > 0 else 0
    return [people[i] for i in sorted(rng.permutation(len(people))[:count])]


def _rows(rows: Sequence[int] | Rows) -> Rows:
    return np.sort(np.asarray(rows, np.int64).reshape(-1))
