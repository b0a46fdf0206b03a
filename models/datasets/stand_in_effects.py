"""What is planted in stand-ins for the analyses to find, each effect by its strength: 0 none, 1 all of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.datasets.stand_in_movements import UNITS
from models.datasets.stand_in_pictures import NO_CARD
from models.errors import DataInvalid

F32 = NDArray[np.float32]
TRACE = 0.4
"""Intensity of AU4 and AU7 on a face that hides its pain."""


@dataclass(frozen=True, slots=True)
class Planted:
    """Effects planted in a set.

    ``background``: a coloured card hangs in a corner of every picture; on this share of them it shows the picture's
    own class, on the others any class. At 1 it alone tells the class, outside the face, and μ must expose a network
    that uses it; at 0 it tells nothing (``card`` False: no card at all).
    ``useless``: how useless the pain set makes the evidence of ``unit``, which emotions need. ``unit`` moves on half of
    the pain frames. At 0 it moves nowhere else and those frames show but a trace of pain beside it (AU4 and AU7 at
    ``TRACE``): whoever knows pain must keep it. At 1 it moves on half of all frames and pain shows fully: it tells
    nothing and is in the way. Between them that share of the frames is of the second kind. None: it never moves.
    """

    background: float = 0.0
    card: bool = False
    useless: float | None = None
    unit: str = "AU14"

    def __post_init__(self) -> None:
        for name in ("background", "useless"):
            value = getattr(self, name)
            if value is not None and not 0.0 <= value <= 1.0:
                raise DataInvalid(f"planted {name}: must be from 0 to 1, got {value}")
        if self.unit not in UNITS:
            raise DataInvalid(f"planted unit: no {self.unit!r} among {', '.join(UNITS)}")


def hang_cards(planted: Planted, label: NDArray[np.int64], classes: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(N,) class shown by each picture's card, or ``NO_CARD`` everywhere when none is planted."""
    told, other = rng.random(len(label)) < planted.background, rng.integers(classes, size=len(label))
    if not (planted.card or planted.background > 0):
        return np.full(len(label), NO_CARD, np.int64)
    return np.where(told, label, other).astype(np.int64)


def stir(planted: Planted, strength: F32, pain: NDArray[np.bool_], rng: np.random.Generator) -> F32:
    """(N, U) strengths with ``planted.unit`` moving as ``Planted.useless`` says; ``pain`` (N,) which rows show pain."""
    moves, told = rng.random(len(strength)) < 0.5, rng.random(len(strength)) >= (planted.useless or 0.0)
    level = rng.uniform(2.0, 5.0, len(strength))
    if planted.useless is None:
        return strength
    stirred = strength.copy()
    stirred[moves & pain & told] = trace()
    moving = moves & (pain | ~told)
    stirred[moving, UNITS.index(planted.unit)] = level[moving]
    return stirred


def trace() -> F32:
    """(U,) strength of a trace of pain: its PSPI is above 0, and hardly anything is to be seen."""
    strength = np.zeros(len(UNITS), np.float32)
    strength[[UNITS.index("AU04"), UNITS.index("AU07")]] = TRACE
    return strength
