"""What limits the shipped network, measured when it is made: on people's votes, on faces learned from, on pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.datasets import ferplus
from models.evaluation.annotators import annotators
from models.evaluation.intervals import f1, icc
from models.recipes.face112_data import FaceSet
from models.recipes.face112_known import KnownFaces, trusted
from models.spec import AUS
from models.training.warps import HANDLES, Style, move

F32 = NDArray[np.float32]
Scores = Callable[[NDArray[np.uint8]], F32]
"""(N, 112, 112) crops → (N, U) Action Unit scores, or (N, 8) emotions."""
LEARNED_EVERY = 6
"""Every sixth FER+ training face is looked at."""


def emotion_limits(emotions: Scores, fer: FaceSet, votes_file: Path) -> dict[str, Any]:
    """Accuracy on faces learned from, and how well the annotators of the validation faces agree with each other."""
    rows = np.flatnonzero((fer.split == 0) & (fer.majority >= 0))[::LEARNED_EVERY]
    data = ferplus.load(votes_file)
    judged = (data.usage != ferplus.TRAINING) & (ferplus.majority(data.votes) >= 0)
    return {
        "learned": round(float((emotions(fer.crops[rows]).argmax(axis=1) == fer.majority[rows]).mean()), 4),
        "learned_n": len(rows),
        **annotators(data.votes[judged]),
    }


def unit_limits(units: Scores, known: KnownFaces, faces: Sequence[NDArray[np.float32]]) -> dict[str, dict[str, Any]]:
    """Per AU: ICC and F1 on renderings learned from, and on renderings and warps of the same people that were not.

    ``moved_px`` is how far its warp at intensity 1 moves the landmark that moves most, in px of the crop, over
    ``faces`` (478, 2); absent where no warp puts the unit on by itself.
    """
    kinds = {"learned": known.learned, "renderings": known.renderings, "warps": known.warps}
    shown = {kind: units(material.crops) for kind, material in kinds.items()}
    found: dict[str, dict[str, Any]] = {}
    for column, unit in enumerate(AUS):
        found[unit] = {}
        for kind, material in kinds.items():
            rows = trusted(material, column)
            score, truth = shown[kind][rows, column], material.au[rows, column]
            border = 0.5 if unit == "AU43" else 1.0
            figures = {"f1": f1(score >= border, truth >= border)}
            if unit != "AU43":
                figures["icc"] = icc(score, truth)
            found[unit][kind] = {name: round(value, 3) for name, value in figures.items() if np.isfinite(value)}
        if unit in HANDLES or unit == "AU43":
            found[unit]["moved_px"] = round(moved_px(unit, faces), 2)
    return found


def moved_px(unit: str, faces: Sequence[NDArray[np.float32]]) -> float:
    """Mean over ``faces`` (478, 2) of the greatest movement of a landmark by ``unit`` at 1 (AU43: closed)."""
    style = Style(reach=1.0, asymmetry=0.0, furrow=0.0, gain=1.0, teeth=0.0, jaw=0.3)
    steps = []
    for points in faces:
        rest = points.astype(np.float64)
        steps.append(float(np.linalg.norm(move(rest, {unit: 1.0}, style) - rest, axis=1).max()))
    return float(np.mean(steps)) if steps else float("nan")
