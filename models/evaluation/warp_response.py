"""Whether every AU output rises with the strength of a warp, on people not trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.spec import AUS
from models.training.warps import Style, warp

LEVELS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
JAW_IOD = {"AU26": 0.4, "AU27": 0.7}
"""What parts the lips at full strength for units that have no warp of their own, in interocular distances."""
Face = tuple[str, NDArray[np.uint8], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class WarpResponse:
    """Response of one AU output to its own warp: ``mean`` per level of ``LEVELS``, ``rising`` the share of faces.

    ``rising`` counts faces whose output is higher at full strength than without the warp; ``monotone`` says that the
    mean never falls by more than 0.05 from one level to the next.
    """

    unit: str
    mean: tuple[float, ...]
    rising: float
    monotone: bool
    faces: int


def warp_response(
    scores: Callable[[NDArray[np.uint8]], NDArray[np.float32]], faces: Sequence[Face], seed: int = 11
) -> list[WarpResponse]:
    """``scores`` maps (N, S, S) grey crops to (N, U) AU scores; one random style per face, the same for all levels.

    AU43 runs from 0 (open) to 1 (closed) over the same six levels; for AU26 and AU27 the lips part wide.
    """
    found = []
    for column, unit in enumerate(AUS):
        crops = []
        for number, (_, crop, points) in enumerate(faces):
            for level in LEVELS:
                rng = np.random.default_rng([seed, number])
                style, strength = Style.draw(rng), {unit: level / 5.0 if unit == "AU43" else level}
                if unit in JAW_IOD:
                    style, strength = replace(style, jaw=JAW_IOD[unit]), {"AU25": level}
                crops.append(warp(crop, points.astype(np.float64), strength, style, rng)[0])
        response = scores(np.stack(crops))[:, column].reshape(len(faces), len(LEVELS))
        mean = response.mean(axis=0)
        found.append(
            WarpResponse(
                unit,
                tuple(round(float(value), 3) for value in mean),
                float((response[:, -1] > response[:, 0]).mean()),
                bool((np.diff(mean) > -0.05).all() and mean[-1] > mean[0]),
                len(faces),
            )
        )
    return found
