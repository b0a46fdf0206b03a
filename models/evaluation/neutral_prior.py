"""The neutral face of many people: mean and deviation of every AU score over calm faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.spec import AUS, EMOTIONS


def neutral_prior(
    au_scores: NDArray[np.float32], emotion_scores: NDArray[np.float32]
) -> dict[str, tuple[float, float]]:
    """(N, 8) AU and (N, 8) emotion scores of neutral faces → {name: (mean, deviation)}; emotions by name too."""
    prior = {}
    for names, scores in ((AUS, au_scores), (EMOTIONS, emotion_scores)):
        for column, name in enumerate(names):
            prior[name] = (round(float(scores[:, column].mean()), 4), round(float(scores[:, column].std()), 4))
    return prior
