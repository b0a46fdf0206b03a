"""How well people agree on FER+ faces: what an emotion figure by majority can be held against. NumPy alone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.datasets import ferplus
from models.evaluation.intervals import bootstrap

PANELS = 20


def annotators(votes: NDArray[np.uint8]) -> dict[str, Any]:
    """Agreement of people with the label of (N, 10) votes that have one: one annotator's, and another panel's.

    ``one_annotator``: how often one vote, set aside, is what the others' majority says, where they have one.
    ``another_panel``: how often as many other annotators, voting by chance as these did, would give the same label,
    where they give one. The second takes the votes seen for the true shares and so lies a little too high.
    """
    hits, counts = one_annotator(votes)
    panel = another_panel(votes, np.random.default_rng(1))

    def share(hit: NDArray[np.float64], count: NDArray[np.float64]) -> float:
        return float(hit.sum() / count.sum()) if count.sum() else float("nan")

    return {
        "one_annotator": round(share(hits, counts), 4),
        "one_annotator_interval_95": [round(edge, 4) for edge in bootstrap(share, hits, counts, seed=1, draws=300)],
        "another_panel": round(share(*panel), 4),
        "another_panel_interval_95": [round(edge, 4) for edge in bootstrap(share, *panel, seed=1, draws=300)],
    }


def one_annotator(votes: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N,) expected agreements of one vote with the majority of the others, and (N,) how often they have one."""
    votes = votes.astype(np.int64)
    total = np.maximum(votes.sum(axis=1), 1)
    hits, counts = np.zeros(len(votes)), np.zeros(len(votes))
    for label in range(votes.shape[1]):
        share = votes[:, label] / total
        others = votes.copy()
        others[:, label] = np.maximum(others[:, label] - 1, 0)
        said = ferplus.majority(others.astype(np.uint8))
        counts += share * (said >= 0)
        hits += share * (said == label)
    return hits, counts


def another_panel(
    votes: NDArray[np.uint8], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N,) how many of ``PANELS`` drawn panels give the same label, and (N,) how many give one."""
    label = ferplus.majority(votes)
    shares = votes / np.maximum(votes.sum(axis=1, keepdims=True), 1)
    hits, counts = np.zeros(len(votes)), np.zeros(len(votes))
    for _ in range(PANELS):
        drawn = rng.multinomial(votes.sum(axis=1).astype(np.int64), shares)
        said = ferplus.majority(drawn.astype(np.uint8))
        counts += said >= 0
        hits += (said >= 0) & (said == label)
    return hits, counts
