"""Concept probes: does a layer's output tell an Action Unit, and does another network's tell it less well?

Kim et al. (2018) and Prajod et al. (2021): a linear support vector machine per AU on the output of the last
convolution block, two folds, repeated with new seeds; F1 averaged over the folds; the repetitions of two networks
compared. Prajod et al. use a plain paired t-test over repetitions. Beside it stands the corrected resampled t-test.

Two choices of ours. Folds share no subject (theirs draw pictures). Each network's features are centred and divided by
one number, their mean length, so that the machine's C means the same to both; no feature is scaled by itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import DataInvalid
from models.evaluation.intervals import f1
from models.evaluation.resampled_t_test import TTest, corrected_resampled_t, paired_t

F64 = NDArray[np.float64]
_DRAWS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class ProbeComparison:
    """F1 in [0, 1] of (R, 2) repetitions × folds for two networks on the same folds; n pictures, ``positive`` with."""

    first: F64
    second: F64
    pictures: int
    positive: int

    @property
    def plain(self) -> TTest:
        """The paper's test: paired t over the R means of both folds, first − second."""
        return paired_t((self.first - self.second).mean(axis=1))

    @property
    def corrected(self) -> TTest:
        """Nadeau and Bengio's over the 2R fold differences; with two folds n_test / n_train is 1."""
        return corrected_resampled_t(self.first - self.second, 1.0)

    def forgotten(self, level: float = 0.05) -> bool:
        """Whether the second network's features tell the unit less well, by the corrected test."""
        return self.corrected.difference > 0 and self.corrected.p < level


def compare(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    present: NDArray[np.bool_],
    subjects: Sequence[str] | None,
    *,
    repetitions: int,
    seed: int,
    strictness: float = 1.0,
) -> ProbeComparison:
    """Probe two networks' features (N, …) of the same N pictures for a unit that is ``present`` (N,) or not.

    ``subjects`` (N) keep a person in one fold; None draws pictures, as the paper does. ``strictness`` is the machine's
    C. Deterministic in ``seed``. DataInvalid where no two folds can each hold pictures with and without the unit.
    """
    unit = np.asarray(present, bool)
    spaces = [compressed(features) for features in (first, second)]
    if any(len(space) != len(unit) for space in spaces):
        raise ValueError(f"{len(first)} and {len(second)} features for {len(unit)} labels")
    people = np.arange(len(unit)) if subjects is None else np.unique(np.asarray(subjects), return_inverse=True)[1]
    scores = np.zeros((2, repetitions, 2))
    rng = np.random.default_rng(seed)
    for repetition in range(repetitions):
        half = _half(people, unit, rng)
        state = int(rng.integers(2**31))
        for network, space in enumerate(spaces):
            for fold, tested in enumerate((half, ~half)):
                scores[network, repetition, fold] = _score(space, unit, tested, state, strictness)
    return ProbeComparison(scores[0], scores[1], len(unit), int(unit.sum()))


def compressed(features: NDArray[np.floating]) -> F64:
    """(N, …) features → (N, ≤ N) with the same inner products after centring and scaling to a mean length of 1.

    A linear machine with an L2 penalty sees inner products alone, so it learns the same from these few numbers as
    from all 25,088 of a VGG16's last block, hundreds of times faster.
    """
    flat: F64 = np.array(features, dtype=np.float64).reshape(len(features), -1)
    flat -= flat.mean(axis=0)
    length = float(np.linalg.norm(flat, axis=1).mean())
    if length > 0:
        flat /= length
    if flat.shape[1] <= flat.shape[0]:
        return flat
    values, vectors = np.linalg.eigh(flat @ flat.T)
    kept = values > max(float(values[-1]), 0.0) * 1e-12
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]), dtype=np.float64)


def _half(people: NDArray[np.int64], unit: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """A random half of the people such that both halves hold pictures with and without the unit."""
    count = int(people.max(initial=-1)) + 1
    for _ in range(_DRAWS):
        chosen = np.zeros(count, bool)
        chosen[rng.permutation(count)[: count // 2]] = True
        half: NDArray[np.bool_] = chosen[people]
        if all(unit[side].any() and not unit[side].all() for side in (half, ~half)):
            return half
    raise DataInvalid(
        f"concept probe: no two folds of {count} people hold pictures both with and without the unit "
        f"({int(unit.sum())} of {len(unit)} have it)"
    )


def _score(space: F64, unit: NDArray[np.bool_], tested: NDArray[np.bool_], state: int, strictness: float) -> float:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=strictness, random_state=state, max_iter=5000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a hair's breadth of the optimum is no matter of F1
        machine.fit(space[~tested], unit[~tested])
    score = f1(machine.predict(space[tested]), unit[tested])
    return 0.0 if np.isnan(score) else score
