"""What paper W learns from: pain, happiness and disgust, cleaned and evened out, and the other sets it looks at.

With ``--data biovid=ROOT`` BioVid's Parts A and D; without, open stand-ins in BioVid's shape: short films of pain at
two levels, long films of the two emotions, one person without a film of disgust.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets.biovid import CLASSES, evenly
from models.datasets.faces import LabelledFaces
from models.datasets.stand_ins import stand_in_pain, stand_in_units
from models.recipes.given_data import STAND_INS, given_data

OTHERS = ("unbc", "actor_study")
"""Sets that the trained network is also shown to."""
FILMS = 2
"""Films of pain a stand-in person has: levels 3 and 4."""
OTHER_PEOPLE = 4
"""People of a stand-in for another set."""
LONGER = 2
"""How many times as many frames a stand-in's film of an emotion has as one of pain."""
Counted = tuple[str, str, int, int]
"""Class, ``before`` or ``after`` cleaning, subjects, frames."""


@dataclass(frozen=True, slots=True)
class Material:
    """``faces`` after cleaning with their ``counts`` before and after; ``others`` by name, for the heatmaps alone."""

    faces: LabelledFaces
    counts: tuple[Counted, ...]
    others: Mapping[str, LabelledFaces]


def open_material(
    data: Mapping[str, Path], landmarker: Path | None, *, subjects: int, frames: int, picture_px: int, seed: int
) -> Material:
    """BioVid from ``data``, or stand-ins of ``subjects`` people with ``frames`` frames a film of pain."""
    data = given_data(data, ("biovid", *OTHERS))
    photographs = data.get(STAND_INS)
    if "biovid" in data:
        faces, counts = _biovid(data["biovid"])
    else:
        raw = stand_in_pain(
            photographs, subjects, LONGER * frames, seed, classes=CLASSES, films=FILMS, landmarker=landmarker,
            picture_px=picture_px,
        )  # fmt: skip
        faces, counts = clean(in_biovids_shape(raw, frames))
    return Material(
        faces,
        counts,
        {
            name: _other(name, data, landmarker, picture_px, seed, subjects + place * OTHER_PEOPLE)
            for place, name in enumerate(OTHERS)
        },
    )


def _biovid(root: Path) -> tuple[LabelledFaces, tuple[Counted, ...]]:
    """BioVid after cleaning, and the counts that its own module makes."""
    from models.datasets.registry import counts, open_set

    found = {count.what: count.here for count in counts("biovid", root)}
    listed: list[Counted] = []
    for name in ("pain 3", "pain 4", "disgust", "happiness"):
        before = (found.get(f"{name}: subjects", 0), found.get(f"{name}: frames", 0))
        after = (found.get(f"cleaned {name}: subjects", before[0]), found.get(f"cleaned {name}: frames", before[1]))
        called = name.replace("pain", "pain level")
        listed += [(called, "before", *before), (called, "after", *after)]
    return open_set("biovid", root), tuple(listed)


def in_biovids_shape(faces: LabelledFaces, frames: int) -> LabelledFaces:
    """A stand-in as BioVid comes: every film of pain cut to every second frame, each emotion one film, and the last
    person without a film of disgust.
    """
    film = np.array([int(sequence.rpartition("-")[2]) for sequence in faces.sequences])
    kind = faces.labels["emotion"]
    pain = kind == CLASSES.index("pain")
    short = pain & (faces.frames % LONGER == 1)
    first = ~pain & (film == 1)
    lacking = np.array([subject == max(faces.subjects) for subject in faces.subjects])
    lacking &= kind == CLASSES.index("disgust")
    return faces.select((short | first) & ~lacking)


def clean(faces: LabelledFaces) -> tuple[LabelledFaces, tuple[Counted, ...]]:
    """Paper W's cleaning: people without one of the emotions lose the other, and each film of an emotion is thinned
    evenly, until each emotion has about as many frames as pain has.
    """
    before = _counted(faces, "before")
    kind = faces.labels["emotion"]
    posed = [number for number, name in enumerate(CLASSES) if name != "pain"]
    have = [{faces.subjects[row] for row in np.flatnonzero(kind == number)} for number in posed]
    both = set.intersection(*have)
    wanted = -(-int((kind == CLASSES.index("pain")).sum()) // max(len(both), 1))
    rows = [np.flatnonzero(kind == CLASSES.index("pain"))]
    for number in posed:
        for person in sorted(both):
            own = np.flatnonzero((kind == number) & (np.array(faces.subjects) == person))
            rows.append(own[evenly(len(own), wanted)])
    kept = faces.select(np.sort(np.concatenate(rows)))
    return kept, (*before, *_counted(kept, "after"))


def _counted(faces: LabelledFaces, when: str) -> tuple[Counted, ...]:
    kind, subjects = faces.labels["emotion"], np.array(faces.subjects)
    film = np.array([sequence.rpartition("-")[2] for sequence in faces.sequences])
    pain = kind == CLASSES.index("pain")
    groups: dict[str, NDArray[np.bool_]] = {
        "pain level 3": pain & (film == "1"),
        "pain level 4": pain & (film == "2"),
        "disgust": kind == CLASSES.index("disgust"),
        "happiness": kind == CLASSES.index("happiness"),
    }
    return tuple((name, when, len(set(subjects[rows])), int(rows.sum())) for name, rows in groups.items())


def _other(
    name: str, data: Mapping[str, Path], landmarker: Path | None, picture_px: int, seed: int, after: int
) -> LabelledFaces:
    """A few frames of another set: its strongest by PSPI, else by how many AUs are coded; ``after`` as in stand-ins."""
    if name in data:
        from models.datasets.registry import open_set

        faces = open_set(name, data[name])
    else:
        camera = "ward" if name == "unbc" else "studio"
        made = stand_in_units(
            data.get(STAND_INS), OTHER_PEOPLE, 12, seed, camera=camera, landmarker=landmarker, after=after,
            picture_px=picture_px,
        )  # fmt: skip
        faces = replace(made, name=f"stand-in for {name.replace('_', ' ')}")
    return faces.select(strongest(faces, 3))


def strongest(faces: LabelledFaces, count: int) -> NDArray[np.int64]:
    """Rows of the ``count`` people (fewer if there are fewer) with the strongest expression, one frame each."""
    strength = faces.labels["pspi"] if "pspi" in faces.labels else np.nansum(faces.labels["au"], axis=1)
    chosen: dict[str, int] = {}
    for row in np.argsort(-np.nan_to_num(strength), kind="stable"):
        chosen.setdefault(faces.subjects[row], int(row))
    return np.array(list(chosen.values())[:count], np.int64)
