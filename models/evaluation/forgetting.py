"""What transfer forgets (Prajod et al. 2021): recalls before and after, the test between, and the best compromise.

An emotion counts as forgotten by a network where its recall is lower than the reference network's and McNemar's test
over that emotion's pictures says so. The paper reads figure 3 by eye and tests the two emotions that stand out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.mcnemar import McNemar, mcnemar

Classes = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Change:
    """One emotion in the reference network and in another: recalls (NaN without pictures) and the test between."""

    emotion: str
    pictures: int
    reference: float
    other: float
    test: McNemar

    def forgotten(self, level: float = 0.05) -> bool:
        """Whether the other network recalls the emotion less, beyond chance."""
        return self.other < self.reference and self.test.p < level


def recalls(truth: Classes, predicted: Classes, classes: int) -> NDArray[np.float64]:
    """(K,) share of each class's pictures that were recognised; NaN for a class without pictures."""
    found = np.full(classes, np.nan)
    for label in range(classes):
        members = truth == label
        if members.any():
            found[label] = float(np.mean(predicted[members] == label))
    return found


def changes(truth: Classes, reference: Classes, other: Classes, names: tuple[str, ...]) -> tuple[Change, ...]:
    """Every emotion of ``names``, from the predictions (N,) of two networks on the same pictures."""
    before, after = recalls(truth, reference, len(names)), recalls(truth, other, len(names))
    made = []
    for label, name in enumerate(names):
        members = truth == label
        test = mcnemar(reference[members] == label, other[members] == label)
        made.append(Change(name, int(members.sum()), float(before[label]), float(after[label]), test))
    return tuple(made)


def best_balance(pain: Mapping[str, float], emotions: Mapping[str, float], count: int = 2) -> tuple[str, ...]:
    """The ``count`` networks that best keep pain and the emotions at once, best first.

    ``pain`` and ``emotions``: network → recall (for the emotions the mean over those that suffer). Each is scaled to
    [0, 1] over the networks, and a network is as good as the worse of its two. The paper chose by eye; on curves of
    the shape it describes this rule picks its two as well. Ties go to the higher sum.
    """
    if pain.keys() != emotions.keys():
        raise ValueError(f"recalls of different networks: {sorted(pain)} and {sorted(emotions)}")
    names = list(pain)
    scaled = [_scaled([recall[name] for name in names]) for recall in (pain, emotions)]
    order = sorted(
        range(len(names)),
        key=lambda at: (min(scaled[0][at], scaled[1][at]), scaled[0][at] + scaled[1][at]),
        reverse=True,
    )
    return tuple(names[at] for at in order[:count])


def _scaled(values: list[float]) -> list[float]:
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 1.0 for value in values]
