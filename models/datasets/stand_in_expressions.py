"""Which Action Units an expression shows on stand-ins: emotions after EMFACS, pain after Simon et al. 2008."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from models.action_units import ActionUnit, pspi
from models.datasets.stand_in_movements import UNITS

F32 = NDArray[np.float32]

EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""Classes of the emotion stand-in, in FER+'s order."""
PAIN_CLASSES = ("pain", "happiness", "disgust", "neutral")
"""Classes of the pain stand-in."""

_ALWAYS, _OFTEN = 1.0, 0.5
EXPRESSIONS: Mapping[str, Mapping[str, float]] = {
    "neutral": {},
    "happiness": {"AU12": _ALWAYS, "AU06": 0.8, "AU25": _OFTEN},
    "surprise": {"AU01": _ALWAYS, "AU02": _ALWAYS, "AU05": _ALWAYS, "AU26": 0.8, "AU25": 0.8},
    "sadness": {"AU01": _ALWAYS, "AU04": 0.7, "AU15": _ALWAYS},
    "anger": {"AU04": _ALWAYS, "AU05": _OFTEN, "AU07": 0.8},
    "disgust": {"AU09": _ALWAYS, "AU10": 0.7, "AU15": 0.4, "AU25": 0.3},
    "fear": {"AU01": _ALWAYS, "AU02": 0.7, "AU04": 0.8, "AU05": 0.9, "AU20": _ALWAYS, "AU25": 0.7},
    "contempt": {"AU14": _ALWAYS},
    "pain": {
        "AU04": _ALWAYS,
        "AU06": 0.7,
        "AU07": 0.9,
        "AU09": 0.5,
        "AU10": 0.6,
        "AU43": 0.35,
        "AU25": 0.4,
        "AU20": 0.4,
    },
}
"""Expression → unit → how often it takes part. Contempt is AU14 alone, surprise and fear carry AU5, pain neither."""


def draw_expression(name: str, rng: np.random.Generator) -> F32:
    """(U,) strength of one showing of ``name`` at its height, in the order of ``UNITS``; 0–5, AU43 0 or 1."""
    strength = np.zeros(len(UNITS), np.float32)
    for unit, often in EXPRESSIONS[name].items():
        if rng.random() < often:
            strength[UNITS.index(unit)] = 1.0 if unit == "AU43" else float(rng.uniform(2.0, 5.0))
    return strength


def draw_units(rng: np.random.Generator, often: float = 0.3, probed: tuple[str, ...] = ()) -> F32:
    """(U,) strength with every unit taking part by itself, those of ``probed`` half of the time; opposites and the
    three steps of the jaw never together, where a probed unit stays."""
    strength = np.zeros(len(UNITS), np.float32)
    for number, unit in enumerate(UNITS):
        if rng.random() < (0.5 if unit in probed else often):
            strength[number] = 1.0 if unit == "AU43" else float(rng.uniform(1.0, 5.0))
    at = UNITS.index
    for one, other in (("AU12", "AU15"), ("AU05", "AU43"), ("AU05", "AU07"), ("AU26", "AU27"), ("AU12", "AU14")):
        if strength[at(one)] > 0 and strength[at(other)] > 0:
            loser, winner = (one, other) if rng.random() < 0.5 else (other, one)
            strength[at(winner if loser in probed else loser)] = 0.0
    jaw = max(strength[at("AU26")], strength[at("AU27")])
    if jaw > 0:
        strength[at("AU25")] = max(strength[at("AU25")], min(jaw, 3.0))
    return strength


def course(frames: int, rng: np.random.Generator) -> F32:
    """(frames,) share of the height over a film: calm, rising, held, falling, calm."""
    if frames == 1:
        return np.ones(1, np.float32)
    onset, offset = sorted(rng.uniform(0.1, 0.9, 2))
    onset, offset = min(onset, 0.35), max(offset, 0.7)
    time = np.linspace(0, 1, frames)
    rise, fall = np.clip((time - onset) / 0.2 + 0.5, 0, 1), np.clip((offset - time) / 0.15 + 0.5, 0, 1)
    shape = np.minimum(rise, fall)
    return np.asarray(shape * shape * (3 - 2 * shape), np.float32)


def over_time(height: F32, share: F32) -> F32:
    """(F, U): a showing of ``height`` (U,) over a film; lids are shut from 0.6 of it on, faint traces are none."""
    strength = share[:, None] * height[None, :]
    shut = UNITS.index("AU43")
    strength[:, shut] = (strength[:, shut] >= 0.6).astype(np.float32)
    open_scale = [number for number in range(len(UNITS)) if number != shut]
    strength[:, open_scale] = np.where(strength[:, open_scale] < 0.3, 0, strength[:, open_scale])
    return np.asarray(strength, np.float32)


def pspi_of(strength: F32) -> F32:
    """(N,) PSPI, 0–16, of (N, U) strengths."""
    units = {unit: UNITS.index(unit.value) for unit in ActionUnit}
    values = [pspi({unit: float(row[column]) for unit, column in units.items()}).value for row in strength]
    return np.array([np.nan if value is None else value for value in values], np.float32)
