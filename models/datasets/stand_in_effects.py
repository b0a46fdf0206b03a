"""What is planted in stand-ins for the analyses to find, each effect by its strength: 0 none, 1 all of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.datasets.stand_in_movements import UNITS
from models.datasets.stand_in_pictures import NO_CARD
from models.errors import DataInvalid

F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Planted:
    """Effects planted in a set.

    ``background``: a coloured card hangs in a corner of every picture; on this share of them it shows the picture's
    own class, on the others any class. At 1 it alone tells the class, outside the face, and μ must expose a network
    that uses it; at 0 it tells nothing (``card`` False: no card at all).
    ``useless``: on this share of the pictures of the pain set ``unit`` moves at random, whatever the class: evidence
    that emotions need becomes a nuisance that pain must learn to disregard. At 0 the unit never moves there.
    """

    background: float = 0.0
    card: bool = False
    useless: float = 0.0
    unit: str = "AU14"

    def __post_init__(self) -> None:
        for name in ("background", "useless"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise DataInvalid(f"planted {name}: must be from 0 to 1, got {value}")
        if self.unit not in UNITS:
            raise DataInvalid(f"planted unit: no {self.unit!r} among {', '.join(UNITS)}")


def hang_cards(planted: Planted, label: NDArray[np.int64], classes: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(N,) class shown by each picture's card, or ``NO_CARD`` everywhere when none is planted."""
    told, other = rng.random(len(label)) < planted.background, rng.integers(classes, size=len(label))
    if not (planted.card or planted.background > 0):
        return np.full(len(label), NO_CARD, np.int64)
    return np.where(told, label, other).astype(np.int64)


def stir(planted: Planted, strength: F32, rng: np.random.Generator) -> F32:
    """(N, U) strengths in which ``planted.unit`` moves at random, 1–5, on the share ``planted.useless`` of the rows."""
    moves, level = rng.random(len(strength)) < planted.useless, rng.uniform(1.0, 5.0, len(strength))
    stirred = strength.copy()
    column = UNITS.index(planted.unit)
    stirred[:, column] = np.where(moves, level, stirred[:, column])
    return stirred
