"""Faces with known AUs that no network has trained on: rendered strangers, and strangers warped by Waters' muscles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.evaluation.muscle_warps import MUSCLES, Vigour, muscle_warp
from models.recipes.face112_data import draw_strength
from models.recipes.face112_renderings import (
    TEST_STREAM,
    RenderedFace,
    Studio,
    draw_face,
    draw_look,
    draw_person,
    make_face,
)
from models.spec import AUS
from models.training.weak_labels import jaw_intensities, lip_gap_intensity

F32 = NDArray[np.float32]
Face = tuple[str, NDArray[np.uint8], F32]
"""Name, grey crop and (478, 2) landmarks of a person with a neutral face."""
Shown = Callable[[Iterable[int], str, int], Iterable[int]]
LEVELS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
WIDEST_GAP_IOD = 0.68
"""Gap of the lips at AU27 = 5 (``jaw_intensities``)."""
JAW_UNITS = ("AU25", "AU26", "AU27")


@dataclass(frozen=True, slots=True)
class Material:
    """``crops`` (N, 112, 112), ``au`` and ``weight`` (N, U) in the order of AUS, ``person`` (N,) whose face it is."""

    crops: NDArray[np.uint8]
    au: F32
    weight: F32
    person: NDArray[np.str_]

    def joined(self, other: Material) -> Material:
        """Both, one after the other."""
        return Material(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__))


def rendered(studio: Studio, count: int, seed: int, shown: Shown) -> Material:
    """``count`` renderings of a ``studio`` of people held out, drawn from the stream of tests."""
    faces = [
        draw_face(studio, np.random.default_rng([seed, TEST_STREAM, number]))
        for number in shown(range(count), "rendered strangers", count)
    ]
    return _stacked(faces)


def rendered_levels(studio: Studio, unit: str, people: int, seed: int) -> Material:
    """``unit`` alone at six levels on ``people`` strangers, person by person; the look of a person stays."""
    faces = []
    for number in range(people):
        rng = np.random.default_rng([seed, TEST_STREAM, number])
        person, look = draw_person(studio, rng), draw_look(studio, rng)
        calm = replace(look, yaw=look.yaw / 2, pitch=look.pitch / 2, roll=look.roll / 2)
        for level in LEVELS:
            faces.append(make_face(studio, person, {unit: level / 5 if unit == "AU43" else level}, calm))
    return _stacked(faces)


def _stacked(faces: Sequence[RenderedFace]) -> Material:
    return Material(
        np.stack([face.crop for face in faces]),
        np.stack([face.au for face in faces]),
        np.stack([face.weight for face in faces]),
        np.array([face.skin for face in faces]),
    )


def warped(people: Sequence[Face], count: int, seed: int, shown: Shown) -> Material:
    """``count`` warps of neutral faces of ``people``, each as lively as chance wants it."""
    crops, au, weight, names = [], [], [], []
    for number in shown(range(count), "warped strangers", count):
        rng = np.random.default_rng([seed, number])
        name, crop, points = people[number % len(people)]
        strength = draw_strength(rng)
        strength["gap"] = _draw_gap(strength, rng)
        vigour = Vigour.draw(rng)
        picture, gap = muscle_warp(crop, points, strength, vigour)
        shown_au, trust = _labels(strength, vigour, gap)
        crops.append(picture)
        au.append(shown_au)
        weight.append(trust)
        names.append(name)
    return Material(np.stack(crops), np.stack(au), np.stack(weight), np.array(names))


def warped_levels(people: Sequence[Face], unit: str, seed: int) -> Material:
    """``unit`` alone at six levels on all ``people``, person by person, with one vigour a person."""
    crops, au, weight, names = [], [], [], []
    for number, (name, crop, points) in enumerate(people):
        vigour = Vigour.draw(np.random.default_rng([seed, number]))
        for level in LEVELS:
            strength = {unit: level / 5 if unit == "AU43" else level}
            if unit in JAW_UNITS:
                strength = {"gap": level / 5 * WIDEST_GAP_IOD}
            picture, gap = muscle_warp(crop, points, strength, vigour)
            shown_au, trust = _labels(strength, vigour, gap)
            crops.append(picture)
            au.append(shown_au)
            weight.append(trust)
            names.append(name)
    return Material(np.stack(crops), np.stack(au), np.stack(weight), np.array(names))


def _draw_gap(strength: dict[str, float], rng: np.random.Generator) -> float:
    """Drop of the jaw, IODs: what AU25 asks for, now and then a jaw that hangs or a mouth stretched open."""
    kind = rng.random()
    if kind < 0.15:
        return float(rng.uniform(0.08, WIDEST_GAP_IOD))
    return 0.03 * strength.get("AU25", 0.0) if kind < 0.8 else 0.0


def _labels(strength: dict[str, float], vigour: Vigour, gap: float) -> tuple[F32, F32]:
    """(U,) intensities as shown and (U,) weights: 0 for lids half closed and for cheeks under closed lids."""
    amount = {
        unit: min(5.0, strength.get(unit, 0.0) * (vigour.pull if unit in MUSCLES or unit == "AU07" else 1.0))
        for unit in AUS
    }
    lips = np.zeros((478, 2))
    lips[[263, 362], 0] = 1.0
    lips[14, 1] = gap
    amount["AU25"] = lip_gap_intensity(lips)
    amount["AU26"], amount["AU27"] = jaw_intensities(lips)
    closed = strength.get("AU43", 0.0)
    amount["AU43"] = float(closed > 0.9)
    trust = dict.fromkeys(AUS, 1.0)
    trust["AU43"] = float(closed > 0.9 or closed + 0.4 * amount["AU07"] / 5 < 0.45)
    if closed > 0.4:
        trust["AU07"] = 0.0
    return np.array([amount[u] for u in AUS], np.float32), np.array([trust[u] for u in AUS], np.float32)
