"""Several data sets as one: rows one after the other, AU columns matched by name, people kept apart or known as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.datasets.faces import NO_CLASS, LabelledFaces
from models.errors import DataInvalid


@dataclass(frozen=True, slots=True)
class JoinedPictures:
    """Row → the picture of the set it belongs to."""

    sets: tuple[LabelledFaces, ...]

    def __call__(self, row: int) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 BGR."""
        faces, place = self.place(row)
        return faces.picture(place)

    def place(self, row: int) -> tuple[LabelledFaces, int]:
        """The set that holds a joined row, and the row's number there."""
        for faces in self.sets:
            if row < len(faces):
                return faces, row
            row -= len(faces)
        raise IndexError(f"no row {row} beyond the last set")


@dataclass(frozen=True, slots=True)
class JoinedPoints:
    """Row → the points of the set it belongs to: its mesh, or (``own``) the landmarks it came with."""

    pictures: JoinedPictures
    own: bool

    def __call__(self, row: int) -> NDArray[np.float32] | None:
        """(K, 2) float32 px or None."""
        faces, place = self.pictures.place(row)
        return faces.points_of(place) if self.own else faces.mesh_of(place)


def joined(name: str, sets: Sequence[LabelledFaces], *, same_people: bool = False) -> LabelledFaces:
    """One set of all rows. Labels that a set lacks are unknown there (NaN, or ``NO_CLASS`` for whole numbers).

    Subjects get their set's name in front unless ``same_people`` says that equal names are the same person. DataInvalid
    where two sets count different classes, rate different things, or give a label of different width.
    """
    if not sets:
        raise DataInvalid(f"{name}: nothing to join")
    classes = _agreed(name, "classes", [faces.class_names for faces in sets])
    ratings = _agreed(name, "ratings", [faces.ratings for faces in sets])
    units = tuple(sorted({unit for faces in sets for unit in faces.units}))
    pictures = JoinedPictures(tuple(sets))
    labels = sorted({label for faces in sets for label in faces.labels})
    return LabelledFaces(
        name=name,
        stand_in=any(faces.stand_in for faces in sets),
        origin=" + ".join(f"{faces.name} {faces.origin}" for faces in sets),
        subjects=tuple(s if same_people else f"{faces.name}:{s}" for faces in sets for s in faces.subjects),
        sequences=tuple(sequence for faces in sets for sequence in faces.sequences),
        frames=np.concatenate([faces.frames for faces in sets]),
        labels={label: np.concatenate([_column(faces, label, units, sets) for faces in sets]) for label in labels},
        class_names=classes,
        units=units,
        ratings=ratings,
        read=pictures,
        mesh=JoinedPoints(pictures, own=False) if any(faces.mesh for faces in sets) else None,
        points=JoinedPoints(pictures, own=True) if any(faces.points for faces in sets) else None,
    )


def _agreed(name: str, what: str, given: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    different = {names for names in given if names}
    if len(different) > 1:
        one, other = sorted(different)[:2]
        raise DataInvalid(f"{name}: different {what}: {', '.join(one)} against {', '.join(other)}")
    return different.pop() if different else ()


def _column(faces: LabelledFaces, label: str, units: tuple[str, ...], sets: Sequence[LabelledFaces]) -> NDArray[Any]:
    """One label of one set, with the AU columns in the common order, or all unknown."""
    example = next(other.labels[label] for other in sets if label in other.labels)
    if label in ("au", "present"):
        wide = np.full((len(faces), len(units)), np.nan, np.float32)
        if label in faces.labels:
            wide[:, [units.index(unit) for unit in faces.units]] = faces.labels[label]
        return wide
    if label in faces.labels:
        return np.asarray(faces.labels[label])
    unknown = np.nan if example.dtype.kind == "f" else NO_CLASS
    return np.full((len(faces), *example.shape[1:]), unknown, example.dtype)
