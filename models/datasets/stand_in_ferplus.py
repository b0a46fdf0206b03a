"""FER+ as the open stand-in for AffectNet: majority labels, balanced as far as the rare classes go, every face its own
subject."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets import ferplus
from models.datasets.faces import LabelledFaces
from models.datasets.stand_in_expressions import EMOTIONS
from models.preprocess import as_bgr


@dataclass(frozen=True, slots=True, eq=False)
class FerPlusPictures:
    """Row → (48, 48, 3) uint8 of (N, 48, 48) grey ``images``."""

    images: NDArray[np.uint8]

    def __call__(self, row: int) -> NDArray[np.uint8]:
        """The picture of one row."""
        return as_bgr(self.images[row])


def ferplus_faces(file: Path, count: int, seed: int) -> LabelledFaces:
    """``count`` FER+ pictures (fewer where the file has fewer): class by class in turn until all are used up.

    Labels: ``emotion`` (majority protocol) and ``usage`` (0 training, 1 validation). DataMissing or DataInvalid name
    the file. FER+ knows no people: each picture is a subject of its own.
    """
    data = ferplus.load(file)
    label = ferplus.majority(data.votes)
    rng = np.random.default_rng([seed, 1])
    order = rng.permutation(np.flatnonzero((label >= 0) & (data.usage <= ferplus.VALIDATION)))
    turn = np.zeros(len(order), np.int64)
    for number in range(len(EMOTIONS)):
        members = label[order] == number
        turn[members] = np.arange(int(members.sum()))
    chosen = order[np.argsort(turn, kind="stable")][:count]
    return LabelledFaces(
        name="FER+ in place of AffectNet",
        stand_in=True,
        subjects=tuple(f"ferplus-{row}" for row in data.row[chosen]),
        read=FerPlusPictures(data.images[chosen]),
        origin=str(file),
        labels={"emotion": label[chosen], "usage": data.usage[chosen]},
        class_names=EMOTIONS,
    )
