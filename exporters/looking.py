"""μ over chance of a network on crops with landmarks: whether it still looks where it did."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.action_units import ActionUnit
from models.lrp.explain import relevances, target_of
from models.lrp.mu import chance, mu
from models.preprocess import to_input
from models.regions import hull_mask, region_mask
from models.spec import ModelSpec

_CROPS_PER_UNIT = 24


def claims(spec: ModelSpec, au_scores: NDArray[np.float32], seen: NDArray[np.bool_]) -> dict[int, list[str]]:
    """{row: AUs to explain there}: each AU on the up to 24 rows with landmarks (``seen``, (N,)) where it scores most.

    Only rows where the AU is present count. ``au_scores`` is (N, L).
    """
    head = spec.head("au")
    asked: dict[int, list[str]] = {}
    for column, unit in enumerate(head.labels):
        threshold = head.thresholds[column] if head.thresholds else 1.0
        rows = np.flatnonzero(seen & (au_scores[:, column] >= threshold))
        for row in rows[np.argsort(-au_scores[rows, column], kind="stable")][:_CROPS_PER_UNIT]:
            asked.setdefault(int(row), []).append(unit)
    return asked


def looking(
    network: nn.Module,
    spec: ModelSpec,
    crops: NDArray[np.uint8],
    landmarks: NDArray[np.float32],
    asked: dict[int, list[str]],
) -> dict[str, Any]:
    """Mean μ ÷ chance per AU over the rows of ``asked``, and of all AUs; {} when nothing was asked."""
    found: dict[str, list[float]] = {}
    for row, units in sorted(asked.items()):
        x = torch.from_numpy(to_input(crops[row][None]))
        hull = hull_mask(landmarks[row], spec.input_px)
        targets = [target_of(spec, unit) for unit in units]
        for unit, one in zip(units, relevances(network, x, targets), strict=True):
            region = region_mask(ActionUnit(unit), landmarks[row], spec.input_px)
            share, expected = mu(one.relevance, region), chance(region, hull)
            if share is not None and expected:
                found.setdefault(unit, []).append(share / expected)
    if not found:
        return {}
    per_unit = {unit: {"mu_over_chance": _mean(values), "n": len(values)} for unit, values in sorted(found.items())}
    return {"mu_over_chance": _mean([_mean(values) for values in found.values()]), "units": per_unit}


def _mean(values: list[float]) -> float:
    return round(float(np.mean(values)), 3)
