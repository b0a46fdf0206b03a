"""LabelledFaces: nothing is read before it is asked for; selecting keeps rows and pictures together."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field

import numpy as np
import pytest

from models.datasets.faces import NO_CLASS, LabelledFaces, counts
from models.errors import DataInvalid


@dataclass
class Counting:
    """A reader that gives a picture of its row's brightness and remembers what it was asked."""

    asked: list[int] = field(default_factory=list)

    def __call__(self, row: int) -> np.ndarray:
        self.asked.append(row)
        return np.full((4, 5, 3), row, np.uint8)


def faces(reader: Counting, **more: object) -> LabelledFaces:
    return LabelledFaces(
        name="drawn",
        subjects=("a", "a", "b", "c"),
        sequences=("1", "1", "1", "1"),
        frames=np.array([1, 2, 1, 1]),
        read=reader,
        labels={"emotion": np.array([0, 1, 1, NO_CLASS]), "au": np.array([[0, 1], [2, np.nan], [4, 5], [1, 1]])},
        class_names=("neutral", "pain"),
        units=("AU04", "AU43"),
        **more,
    )


def test_nothing_is_read_before_a_picture_is_asked_for() -> None:
    reader = Counting()
    chosen = faces(reader).select([3, 1]).select(np.array([False, True]))
    assert reader.asked == []
    assert chosen.picture(0)[0, 0].tolist() == [1, 1, 1]
    assert reader.asked == [1]
    with pytest.raises(IndexError, match="no row 1 of 1"):
        chosen.picture(1)


def test_selection_keeps_labels_beside_their_rows() -> None:
    chosen = faces(Counting()).select([2, 0])
    assert (chosen.subjects, chosen.frames.tolist()) == (("b", "a"), [1, 1])
    assert chosen.labels["emotion"].tolist() == [1, 0]
    assert chosen.column("AU43").tolist() == [5, 1]
    assert np.isnan(chosen.column("AU12")).all()
    assert len(faces(Counting()).select([])) == 0


def test_counts_are_subjects_sequences_pictures_and_classes() -> None:
    assert dict(counts(faces(Counting()))) == {
        "subjects": 3,
        "sequences": 3,
        "pictures": 4,
        "emotion: neutral": 1,
        "emotion: pain": 2,
    }


def test_what_a_set_does_not_have_is_none_not_an_error() -> None:
    assert faces(Counting()).mesh_of(0) is None
    assert faces(Counting(), points=lambda row: np.full((66, 2), row, np.float32)).points_of(2)[0, 0] == 2


def test_a_set_goes_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(faces(Counting()))).picture(2).shape == (4, 5, 3)


def test_tables_of_unequal_length_are_refused() -> None:
    with pytest.raises(DataInvalid, match=r"labels\['pspi'\] has 3 rows, subjects 2"):
        LabelledFaces(name="x", subjects=("a", "b"), read=Counting(), labels={"pspi": np.zeros(3)})
    with pytest.raises(DataInvalid, match=r"au must be \(2, 1\), got \(2, 3\)"):
        LabelledFaces(name="x", subjects=("a", "b"), read=Counting(), units=("AU04",), labels={"au": np.zeros((2, 3))})
