"""A planted cue: a network that learnt to read a card in the background must be exposed by where its relevance lies.

Two networks learn the same stand-in pictures, but for the card in a corner: for one it always shows the picture's
class, for the other any class. Both are then explained on the same pictures of other people, with cards that tell
nothing. The science of it is a test (tests/models/recipes/test_weitz_cue.py); here are its numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.action_units import ActionUnit
from models.datasets.biovid import CLASSES
from models.datasets.crops import Crops, crop_faces
from models.datasets.faces import LabelledFaces
from models.datasets.splits import by_share
from models.datasets.stand_in_effects import Planted
from models.datasets.stand_ins import stand_in_pain
from models.lrp.mu import chance, mu, outside_face
from models.lrp.named_rules import attribute
from models.recipes.asking import inputs
from models.recipes.weitz_explained import MAIN, Look
from models.recipes.weitz_learning import learn_fold, probabilities, trained
from models.regions import hull_mask, region_mask

if TYPE_CHECKING:
    from models.recipes.weitz import WeitzSettings

Progress = Callable[[str, int, int], None]
MUSCLES = tuple(ActionUnit(name) for name in ("AU04", "AU06", "AU07", "AU09", "AU10", "AU12", "AU25", "AU43"))
"""Where pain, happiness and disgust show: the region of μ is the union of theirs."""
RATE = 1e-3
"""Adam's rate here, whatever the settings': at W's 1e-5 so few pictures teach nothing, and then nothing is exposed."""
WITH, WITHOUT = "learnt with a card that tells the class", "learnt with a card that tells nothing"


@dataclass(frozen=True, slots=True, eq=False)
class CueFigures:
    """One network: accuracy where the card tells the class and where it tells nothing; per picture (N,) the shares."""

    told_accuracy: float
    blind_accuracy: float
    outside: NDArray[np.float64]
    ratio: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CueContrast:
    """Both networks on the same pictures; ``subjects`` (N) of them; ``outside_chance``: the crop's share off it."""

    figures: dict[str, CueFigures]
    subjects: tuple[str, ...]
    outside_chance: float
    look: Look


def cue_contrast(settings: WeitzSettings, work: Path, progress: Progress) -> CueContrast:
    """Trains and explains both networks on stand-ins of ``settings.cue_subjects`` people, whatever data is given."""
    told = _crops(settings, Planted(background=1.0, card=True), work, progress)
    blind = _crops(settings, Planted(background=0.0, card=True), work, progress)
    split = replace(by_share(told.faces.subjects, settings.seed, validation=0.2, test=0.3), name="people")
    rows = split.test[:: max(1, len(split.test) // max(settings.examples, 24))]
    hulls = [hull_mask(np.asarray(blind.landmarks[row]), blind.size) for row in rows]
    learner = replace(settings, learning_rate=RATE, epochs=settings.cue_epochs, patience=settings.cue_epochs)
    figures: dict[str, CueFigures] = {}
    maps: dict[str, NDArray[np.floating]] = {}
    for name, crops in ((WITH, told), (WITHOUT, blind)):
        progress("a planted cue", len(figures), 2)
        outcome = learn_fold(learner, crops, work / ("with" if name == WITH else "without"), split)
        network = trained(settings, outcome)
        said = probabilities(network, blind, rows).argmax(axis=1)
        maps[name] = attribute(network, inputs(blind, rows), said, MAIN).relevance
        figures[name] = CueFigures(
            told_accuracy=_accuracy(probabilities(network, told, split.test), told.faces, split.test),
            blind_accuracy=_accuracy(probabilities(network, blind, split.test), blind.faces, split.test),
            outside=np.array([_or_nan(outside_face(one, hull)) for one, hull in zip(maps[name], hulls, strict=True)]),
            ratio=np.array([_ratio(one, blind, row) for one, row in zip(maps[name], rows, strict=True)]),
        )
    shown = [0, len(rows) // 2, len(rows) - 1]
    truth = np.asarray(blind.faces.labels["emotion"])[rows[shown]]
    return CueContrast(
        figures,
        tuple(blind.faces.subjects[row] for row in rows),
        float(np.mean([1 - hull.mean() for hull in hulls])),
        Look(
            blind.pixels[rows[shown]],
            tuple(CLASSES[label] for label in truth),
            {name: relevance[shown] for name, relevance in maps.items()},
        ),
    )


def _crops(settings: WeitzSettings, planted: Planted, work: Path, progress: Progress) -> Crops:
    faces = stand_in_pain(
        subjects=settings.cue_subjects,
        frames=settings.cue_frames,
        seed=settings.seed,
        classes=CLASSES,
        planted=planted,
        picture_px=settings.picture_px,
    )
    return crop_faces(
        replace(faces, name=f"cue {planted.background:g}", origin=f"{faces.origin} {planted} {settings.seed}"),
        settings.input_px,
        work / "crops",
        None,
        progress,
    )


def _accuracy(probability: NDArray[np.float32], faces: LabelledFaces, rows: NDArray[np.int64]) -> float:
    return float((probability.argmax(axis=1) == np.asarray(faces.labels["emotion"])[rows]).mean())


def _ratio(relevance: NDArray[np.floating], crops: Crops, row: int) -> float:
    """μ ÷ chance of the muscles' regions; NaN without positive relevance."""
    points = np.asarray(crops.landmarks[row])
    mask = np.any([region_mask(unit, points, crops.size) for unit in MUSCLES], axis=0)
    inside, share = mu(relevance, mask), chance(mask, hull_mask(points, crops.size))
    return inside / share if inside is not None and share else float("nan")


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
