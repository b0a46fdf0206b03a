"""Labelled faces as every data set gives them: who, where in which film, which labels; pixels are read only when asked.

Nothing here holds a picture. ``LabelledFaces`` is a table of rows beside a reader, so selecting, counting and splitting
touch no file; ``picture(i)`` alone does. All of it can be pickled, so folds may run in other processes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import DataInvalid

Pictures = Callable[[int], NDArray[np.uint8]]
"""Row of the set → (H, W, 3) uint8 BGR. A module-level class or function, so that it can be pickled."""
Points = Callable[[int], NDArray[np.float32] | None]
"""Row of the set → (K, 2) float32 px of that row's picture, or None where there are none."""

NO_CLASS = -1
"""``labels["emotion"]`` (or another integer label) of a row whose class is not known."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelledFaces:
    """N labelled pictures.

    ``subjects`` (N) names; ``sequences`` (N) the film or series a picture comes from, "" where there is none;
    ``frames`` (N,) int64, its number there. ``labels`` name → (N, ...): whole-number labels are ``NO_CLASS`` where
    unknown, the others NaN. Names in use: ``emotion`` int64 with ``class_names``; ``pspi`` float32 0–16; ``au``
    (N, U) float32, intensity 0–5, columns named by ``units`` ("AU04"); ``present`` (N, U) float32, 1 where that AU was
    coded present (of whatever intensity), 0 where not; ``ratings`` (N, R) float32 1–9, columns named
    by ``ratings``; ``usage`` int64 as the set itself divides its pictures (0 training, 1 validation, 2 test).
    ``mesh`` gives MediaPipe's (478, 2) points where the set knows them, ``points`` the points that the set itself
    comes with (its module says which). ``origin`` says where the pictures come from (the folder; for drawn ones all
    that they are drawn by), so that caches of two sources are never mixed up. ``rows`` (N,) are the reader's own row
    numbers, all of them when left out.
    """

    name: str
    subjects: tuple[str, ...]
    read: Pictures
    stand_in: bool = False
    origin: str = ""
    sequences: tuple[str, ...] = ()
    frames: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    labels: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    class_names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    ratings: tuple[str, ...] = ()
    mesh: Points | None = None
    points: Points | None = None
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        count = len(self.subjects)
        fill: dict[str, Any] = {
            "sequences": self.sequences or ("",) * count,
            "frames": np.asarray(self.frames if len(self.frames) else np.zeros(count), np.int64),
            "rows": np.asarray(self.rows if len(self.rows) else np.arange(count), np.int64),
            "labels": dict(self.labels),
        }
        for name, value in fill.items():
            object.__setattr__(self, name, value)
        lengths = {"sequences": len(self.sequences), "frames": len(self.frames), "rows": len(fill["rows"])}
        lengths |= {f"labels[{name!r}]": len(label) for name, label in self.labels.items()}
        for name, length in lengths.items():
            if length != count:
                raise DataInvalid(f"{self.name}: {name} has {length} rows, subjects {count}")
        widths = {"au": len(self.units), "present": len(self.units), "ratings": len(self.ratings)}
        for name, width in widths.items():
            label = self.labels.get(name)
            if label is not None and label.shape != (count, width):
                raise DataInvalid(f"{self.name}: {name} must be {(count, width)}, got {label.shape}")

    def __len__(self) -> int:
        return len(self.subjects)

    def picture(self, row: int) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 BGR of one row, read from its file now; DataMissing or DataInvalid name the file."""
        return self.read(self.source_row(row))

    def mesh_of(self, row: int) -> NDArray[np.float32] | None:
        """(478, 2) float32 px that the set itself knows for a row (drawn and rendered faces do), or None."""
        return None if self.mesh is None else self.mesh(self.source_row(row))

    def points_of(self, row: int) -> NDArray[np.float32] | None:
        """(K, 2) float32 px of the landmarks that the set comes with, or None."""
        return None if self.points is None else self.points(self.source_row(row))

    def source_row(self, row: int) -> int:
        """The reader's number of a row; a row that does not exist is refused."""
        if not -len(self) <= row < len(self):
            raise IndexError(f"{self.name}: no row {row} of {len(self)}")
        return int(self.rows[row])

    def select(self, rows: NDArray[Any] | list[int]) -> LabelledFaces:
        """The same set with only ``rows``, given by number or as a mask, in the order given."""
        index = np.asarray(rows)
        index = np.flatnonzero(index) if index.dtype == np.bool_ else index.astype(np.int64)
        return replace(
            self,
            subjects=tuple(self.subjects[i] for i in index),
            sequences=tuple(self.sequences[i] for i in index),
            frames=self.frames[index],
            labels={name: label[index] for name, label in self.labels.items()},
            rows=self.rows[index],
        )

    def column(self, unit: str) -> NDArray[np.float32]:
        """(N,) intensity of one AU, 0–5, NaN where it was not coded; all NaN where the set does not code it."""
        if unit not in self.units or "au" not in self.labels:
            return np.full(len(self), np.nan, np.float32)
        return np.asarray(self.labels["au"][:, self.units.index(unit)], np.float32)

    def presence(self, unit: str) -> NDArray[np.float32]:
        """(N,) 1 where an AU was coded present, 0 where not, NaN where unknown; without such codes from intensity."""
        if unit in self.units and "present" in self.labels:
            return np.asarray(self.labels["present"][:, self.units.index(unit)], np.float32)
        intensity = self.column(unit)
        return np.where(np.isnan(intensity), np.nan, intensity > 0).astype(np.float32)


def counts(faces: LabelledFaces) -> Mapping[str, int]:
    """Subjects, sequences and pictures, and the pictures of every class (``emotion: happiness``)."""
    found = {
        "subjects": len(set(faces.subjects)),
        "sequences": len(set(zip(faces.subjects, faces.sequences, strict=True))),
        "pictures": len(faces),
    }
    if "emotion" in faces.labels:
        for number, name in enumerate(faces.class_names):
            found[f"emotion: {name}"] = int(np.sum(faces.labels["emotion"] == number))
    return MappingProxyType(found)
