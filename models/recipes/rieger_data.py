"""Paper R's three sets: what is trained on, which subjects are left out in turn, and the other domain.

With ``--data actor_study=… ck_plus=… unbc=…`` the licensed sets; what is not given is an open stand-in of the same
part: two studios with other people, and a ward (grey, lit from the side, noisy) for the other domain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.datasets.crops import Crops, Progress, crop_faces
from models.datasets.faces import LabelledFaces
from models.datasets.joining import joined
from models.datasets.selections import RIEGER_UNITS, rieger_frames
from models.datasets.splits import Split, leave_one_subject_out, make_split
from models.datasets.stand_ins import stand_in_units
from models.errors import SpecMismatch
from models.recipes.given_data import STAND_INS, given_data

SETS = ("actor_study", "ck_plus", "unbc")
TRAINABLE = ("actor_study", "ck_plus")
LEFT_OUT = "actor_study"
"""The set whose subjects are left out in turn."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One of the sets: its ``rows`` in ``crops``, and there ``present`` (N, 8): 1, 0 or NaN for unknown."""

    name: str
    crops: Crops
    rows: NDArray[np.int64]
    present: NDArray[np.float32]
    stand_in: bool
    coded: int
    """Frames of the set before those without any of the AUs were left out."""

    @property
    def subjects(self) -> tuple[str, ...]:
        """(N,) of the rows."""
        return tuple(self.crops.faces.subjects[row] for row in self.rows)


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """``training``: the crops that networks learn from, all sets of ``train_on`` in one; ``parts`` by name."""

    training: Crops
    present: NDArray[np.float32]
    parts: Mapping[str, Part]


def open_sets(
    data: Mapping[str, Path],
    landmarker: Path | None,
    train_on: Sequence[str],
    *,
    subjects: int,
    frames: int,
    input_px: int,
    picture_px: int,
    seed: int,
    work: Path,
    progress: Progress,
) -> Sets:
    """The three sets, cropped; SpecMismatch when ``train_on`` names none or others than ``TRAINABLE``."""
    if not train_on or not set(train_on) <= set(TRAINABLE):
        raise SpecMismatch(f"paper R trains on {' and '.join(TRAINABLE)} or one of them, not on {list(train_on)}")
    data = given_data(data, SETS)
    opened: dict[str, LabelledFaces] = {}
    coded: dict[str, int] = {}
    for number, name in enumerate(SETS):
        if name in data:
            from models.datasets.registry import open_set

            faces = open_set(name, data[name])
        else:
            made = stand_in_units(
                data.get(STAND_INS), subjects, frames, seed + number, often=0.4, landmarker=landmarker,
                camera="ward" if name == "unbc" else "studio", after=number * subjects, picture_px=picture_px,
            )  # fmt: skip
            faces = replace(made, name="unbc") if name == "unbc" else made  # loses its AU27 like the real one
        coded[name] = len(faces)
        kept = rieger_frames(faces)
        opened[name] = replace(kept, name=f"stand-in-for-{name}") if faces.stand_in else kept

    def cropped(faces: LabelledFaces) -> Crops:
        return crop_faces(faces, input_px, work / "crops", landmarker, progress)

    chosen = [name for name in SETS if name in train_on]
    training = cropped(joined("training-of-rieger", [opened[name] for name in chosen]))
    parts: dict[str, Part] = {}
    begin = 0
    for name in SETS:
        faces = opened[name]
        crops = training if name in chosen else cropped(faces)
        start = begin if name in chosen else 0
        rows = np.arange(start, start + len(faces))
        parts[name] = Part(name, crops, rows, presence(crops.faces)[rows], faces.stand_in, coded[name])
        begin += len(faces) if name in chosen else 0
    return Sets(training, presence(training.faces), parts)


def presence(faces: LabelledFaces) -> NDArray[np.float32]:
    """(N, 8) of ``RIEGER_UNITS``: 1 present, 0 absent, NaN not coded."""
    return np.stack([faces.presence(unit) for unit in RIEGER_UNITS], axis=1)


def folds(sets: Sets, train_on: Sequence[str], seed: int) -> tuple[Split, ...]:
    """Leave-one-subject-out over the Actor Study; CK+, where it is trained on, is in every fold's training.

    One more actor of each fold is held back, to choose among the folds by. Trained on CK+ alone there is one fold: a
    tenth of its subjects is held back, and nobody is tested on here (the Actor Study then is another domain).
    """
    people = sets.training.faces.subjects
    if LEFT_OUT not in train_on:
        rng = np.random.default_rng(seed)
        names = sorted(set(people))
        held = {names[place] for place in rng.permutation(len(names))[: max(1, len(names) // 10)]}
        rows = np.array([person in held for person in people])
        return (make_split("CK+ alone", people, train=np.flatnonzero(~rows), validation=np.flatnonzero(rows)),)
    actors = sets.parts[LEFT_OUT]
    others = np.setdiff1d(np.arange(len(people)), actors.rows)
    count = len(set(actors.subjects))
    return tuple(
        make_split(
            split.name,
            people,
            train=np.concatenate([actors.rows[split.train], others]),
            validation=actors.rows[split.validation],
            test=actors.rows[split.test],
        )
        for split in leave_one_subject_out(actors.subjects, seed, validation=1.0 / max(count, 3))
    )
