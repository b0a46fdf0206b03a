"""What brings the trained network's outputs to scale: temperature, gains of the Action Units, presence thresholds.

A gain and an offset per unit that maximise ICC and F1 were tried in the fifth round: on other faces of known people ICC
changed by -0.03 to 0.05 and F1 by -0.04 to 0.01, so the plain gain stays.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from models.recipes.face112 import raw_outputs
from models.recipes.face112_data import FaceSet
from models.recipes.face112_steps import HELD_BACK
from models.spec import AUS


def fit_temperature(raw: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """Temperature that minimises the negative log-likelihood (Guo et al. 2017), by search over a fine grid."""
    grid = np.exp(np.linspace(np.log(0.3), np.log(3.0), 121))

    def nll(temperature: float) -> float:
        logits = raw.astype(np.float64) / temperature
        logits -= logits.max(axis=1, keepdims=True)
        return float((np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(truth)), truth]).mean())

    return float(min(grid, key=nll))


def intensity_gains(raw: NDArray[np.float32], au: NDArray[np.float32], weight: NDArray[np.float32]) -> list[float]:
    """Least-squares factor per AU that brings (N, 8) raw outputs to the scale of their (N, 8) labels; AU43 keeps 1.

    The Huber loss follows the median and shrinks what is rare; the factor is bounded to [1, 3].
    """
    gains = []
    for column, unit in enumerate(AUS):
        z, t, w = np.maximum(raw[:, column], 0.0), au[:, column], weight[:, column]
        energy = float((w * z * z).sum())
        gains.append(1.0 if unit == "AU43" or energy <= 0 else float(np.clip((w * z * t).sum() / energy, 1.0, 3.0)))
    return gains


def presence_thresholds(quiet: NDArray[np.float32]) -> tuple[float, ...]:
    """Intensity from which each AU counts as present: 1, or more where 3% of neutral training faces (N, U) exceed 1.

    At most 2; AU43 keeps 0.5, the border between open and closed.
    """
    high = np.quantile(quiet, 0.97, axis=0)
    return tuple(
        0.5 if unit == "AU43" else round(float(np.clip(level, 1.0, 2.0)), 2)
        for unit, level in zip(AUS, high, strict=True)
    )


def scale_intensities(network: torch.nn.Module, gains: list[float]) -> None:
    """Multiplies the AU head's maps and biases, so that the stored network is the calibrated one."""
    head = network.get_submodule("heads.au")
    with torch.no_grad():
        factor = torch.tensor(gains, dtype=torch.float32)
        for parameter in (head.get_parameter("maps.weight"), head.get_parameter("mean.bias")):
            parameter.mul_(factor.view(-1, *[1] * (parameter.ndim - 1)))


def level_units(network: torch.nn.Module, made: FaceSet) -> list[float]:
    """Builds the gains that fit the synthetic faces held back from training into the AU head; returns them."""
    sample = np.arange(0, len(made.crops), HELD_BACK)
    shown = raw_outputs(network, made.crops[sample])[1]
    gains = intensity_gains(shown, made.au[sample], made.au_weight[sample])
    scale_intensities(network, gains)
    return gains
