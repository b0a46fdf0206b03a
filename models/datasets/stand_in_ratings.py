"""Stand-ins for rated faces and for the networks that know age and sex: what a rating rests on is planted by region."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.datasets.faces import LabelledFaces
from models.datasets.stand_in_drawing import Traits, draw_traits
from models.datasets.stand_in_movements import UNITS
from models.datasets.stand_ins import PICTURE_PX, assembled
from models.errors import DataInvalid

F32 = NDArray[np.float32]
RATINGS = ("attractiveness", "happiness", "confidence", "intelligence")
"""Columns of ``ratings``, 1–9."""
AGE_GROUPS = ((0, 24), (25, 39), (40, 59), (60, 120))
"""Years of each class of ``age_group``, both included; drawn people are 18 to 85."""
SEXES = ("man", "woman")
"""Classes of ``gender``."""
RATED_STREAM, BASE_STREAM = 5, 6
_NOISE = 0.25
"""Standard deviation by which people would disagree about a face, in points of the scale."""


def stand_in_ratings(
    count: int = 600,
    seed: int = 0,
    *,
    pictures_each: int = 1,
    mouth: float = 1.0,
    picture_px: int = PICTURE_PX,
) -> LabelledFaces:
    """Rated faces: ``count`` pictures, ``pictures_each`` of a person (then a calm one first and a smiling one last).

    ``mouth`` in [0, 1] is the planted link: happiness rests by that share on the mouth (AU12 with parted lips), by the
    rest on the eyes (AU6, AU7), and mouth and eyes move independently. At 1 hiding the mouth alone lowers happiness,
    at 0 it does not (a hidden eye may pass for a narrowed one, so hiding the eyes need not lower it either).
    Attractiveness rests on even skin, confidence on the brows (raised inner brows take it away, drawn ones add),
    intelligence on how wide the eyes are. Labels: ``ratings``, ``au``, ``age`` (years), ``age_group``, ``gender``.
    """
    if not 0.0 <= mouth <= 1.0:
        raise DataInvalid(f"stand-in ratings: mouth must be from 0 to 1, got {mouth}")
    if pictures_each < 1:
        raise DataInvalid(f"stand-in ratings: pictures_each must be at least 1, got {pictures_each}")
    rng = np.random.default_rng([seed, RATED_STREAM])
    who = np.arange(count, dtype=np.int64) // pictures_each
    people = tuple(_rated(100_000 * (seed + 1) + number, rng) for number in range(int(who.max(initial=-1)) + 1))
    smile, squint, brow = rng.random(count), rng.random(count), rng.random(count)
    if pictures_each > 1:
        place = np.arange(count) % pictures_each
        smile = np.where(place == 0, 0.0, np.where(place == pictures_each - 1, 1.0, smile))
    strength = np.zeros((count, len(UNITS)), np.float32)
    for unit, level in {
        "AU12": 5 * smile,
        "AU25": np.where(smile > 0.35, 3 * smile, 0),
        "AU06": 5 * squint,
        "AU07": 2.5 * squint,
        "AU01": 5 * np.clip(0.5 - brow, 0, None) * 2,
        "AU04": 5 * np.clip(brow - 0.5, 0, None) * 2,
    }.items():
        strength[:, UNITS.index(unit)] = level
    lids = np.array([people[number].lids for number in who], np.float64)
    skin = np.array([1 - people[number].blemishes for number in who], np.float64)
    shown = np.stack([skin, mouth * smile + (1 - mouth) * squint, brow, lids], axis=1).reshape(count, len(RATINGS))
    rated = np.clip(1.5 + 7.0 * shown + rng.normal(0, _NOISE, shown.shape), 1, 9).astype(np.float32)
    return assembled(
        "stand-in ratings",
        people,
        who,
        strength,
        rng,
        seed=[seed, RATED_STREAM],
        numbers=np.arange(count, dtype=np.int64) % pictures_each + 1,
        more={"ratings": rated, **_known(people, who)},
        ratings=RATINGS,
        picture_px=picture_px,
    )


def stand_in_base(
    count: int = 800, seed: int = 0, *, lips_tell: float = 1.0, picture_px: int = PICTURE_PX
) -> LabelledFaces:
    """What base networks learn age and sex from: ``count`` people, one picture each, faintly moving faces.

    Age shows in wrinkles (forehead, eyes, beside the nose) and grey hair. ``lips_tell`` in [0, 1] plants where sex
    shows: in the colour of the lips alone, the stronger the nearer to 1, not at all at 0. A network that knows sex
    then looks at the mouth before any retraining, which aptitude must foresee. Labels: ``age`` (years), ``age_group``,
    ``gender`` and ``au``.
    """
    if not 0.0 <= lips_tell <= 1.0:
        raise DataInvalid(f"stand-in base: lips_tell must be from 0 to 1, got {lips_tell}")
    rng = np.random.default_rng([seed, BASE_STREAM])
    first = 100_000 * (seed + 1) + 50_000
    people = tuple(
        draw_traits(first + number, female=float(number % 2), lips_tell=lips_tell) for number in range(count)
    )
    strength = np.zeros((count, len(UNITS)), np.float32)
    for unit in ("AU01", "AU04", "AU06", "AU12"):
        strength[:, UNITS.index(unit)] = rng.uniform(0, 1.5, count)
    who = np.arange(count, dtype=np.int64)
    return assembled(
        "stand-in age and gender",
        people,
        who,
        strength,
        rng,
        seed=[seed, BASE_STREAM],
        more=_known(people, who),
        picture_px=picture_px,
    )


def age_group(years: float) -> int:
    """The class of ``AGE_GROUPS`` that ``years`` fall into."""
    return next(number for number, (_, last) in enumerate(AGE_GROUPS) if int(years) <= last)


def _rated(seed: int, rng: np.random.Generator) -> Traits:
    """A person whose skin and lids vary over the whole scale, so that what they carry can be learnt."""
    drawn = draw_traits(seed)
    return replace(drawn, blemishes=float(rng.random()), lids=float(rng.random()))


def _known(people: tuple[Traits, ...], who: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    return {
        "age": np.array([people[number].age for number in who], np.float32),
        "age_group": np.array([age_group(people[number].age) for number in who], np.int64),
        "gender": np.array([round(people[number].female) for number in who], np.int64),
    }
