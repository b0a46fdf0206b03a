"""The papers' selections and splits, on small sets and at the papers' own numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import dataset_trees as trees
import numpy as np
import pytest

from models.datasets import actor_study, ck_plus, unbc
from models.datasets.faces import LabelledFaces
from models.datasets.joining import joined
from models.datasets.selections import (
    RIEGER_UNITS,
    affectnet_split,
    arbabzadah_split,
    prajod_split,
    rieger_frames,
    rieger_splits,
    weitz_splits,
)
from models.errors import DataInvalid


def black(row: int) -> np.ndarray:
    return np.full((2, 2, 3), row % 256, np.uint8)


def painful(people: int = 25, frames: int = 200, pain: float = 0.17) -> LabelledFaces:
    """A table as UNBC's: runs of pain within sequences of consecutive frames, at least one run a person."""
    runs = np.random.default_rng(0).random((people, frames // 10)) < pain
    runs[:, 5] = True
    run = np.repeat(runs.reshape(-1), 10)
    return LabelledFaces(
        name="unbc",
        subjects=tuple(f"{person:03d}" for person in range(people) for _ in range(frames)),
        sequences=("t1",) * (people * frames),
        frames=np.tile(np.arange(1, frames + 1), people),
        labels={"pspi": np.where(run, 3.0, 0.0).astype(np.float32)},
        read=black,
    )


PUBLISHABLE = ("003", "007", "011", "019")


@pytest.mark.parametrize("seed", range(3))
def test_prajod_draws_what_the_paper_says(seed: int) -> None:
    faces = painful()
    split = prajod_split(faces, PUBLISHABLE, seed, per_class=200, validation=40)
    pain = faces.labels["pspi"] > 0
    drawn = np.concatenate([split.train, split.validation])
    assert (len(split.train), len(split.validation), len(split.test)) == (360, 40, 4 * 200)
    assert (int(pain[drawn].sum()), int(pain[split.validation].sum())) == (200, 20)
    assert {faces.subjects[i] for i in split.test} == set(PUBLISHABLE)
    for label in (True, False):
        assert {faces.subjects[i] for i in split.train if pain[i] == label} == set(faces.subjects) - set(PUBLISHABLE)
    taken = {(faces.subjects[i], int(faces.frames[i])) for i in drawn}
    assert not any((person, frame + 1) in taken for person, frame in taken)
    assert "paper P" in split.shares
    again = prajod_split(faces, PUBLISHABLE, seed, per_class=200, validation=40)
    assert (again.train == split.train).all()
    assert (prajod_split(faces, PUBLISHABLE, seed + 10, per_class=200, validation=40).train != split.train).any()


def test_prajod_refuses_what_cannot_be_had() -> None:
    faces = painful()
    with pytest.raises(DataInvalid, match=r"500 frames of pain wanted, \d+ can be had"):
        prajod_split(faces, PUBLISHABLE, 0)
    with pytest.raises(DataInvalid, match=r"people \(none named\) not in the set"):
        prajod_split(faces, (), 0)
    with pytest.raises(DataInvalid, match="people 099 not in the set"):
        prajod_split(faces, ("003", "099"), 0)
    calm = replace(faces, labels={"pspi": np.where([s == "005" for s in faces.subjects], 0, faces.labels["pspi"])})
    with pytest.raises(DataInvalid, match="005 has no frame of pain"):
        prajod_split(calm, PUBLISHABLE, 0, per_class=100, validation=20)


def test_rieger_takes_frames_with_one_of_its_units_from_each_set(tmp_path: Path) -> None:
    pain = rieger_frames(unbc.open_faces(trees.unbc_set(tmp_path / "u", people=["042-ll042"])))
    assert pain.frames.tolist() == [2]
    assert "AU27" not in pain.units
    posed = rieger_frames(ck_plus.open_faces(trees.ck_plus(tmp_path / "c")))
    assert posed.units == RIEGER_UNITS
    assert sorted(set(posed.sequences)) == ["001", "004"]  # a smile alone is none of its units
    assert len(posed) == 5 + 3
    assert posed.presence("AU09").tolist() == [1] * 5 + [0] * 3  # the peak's units on every frame of its sequence
    actors = rieger_frames(actor_study.open_faces(trees.actor_study(tmp_path / "a")))
    assert "16" not in actors.subjects
    assert len(set(actors.subjects)) == 20
    assert len(rieger_splits(actors)) == 20


def test_two_sets_train_as_one_with_unknown_units_unknown(tmp_path: Path) -> None:
    posed = rieger_frames(ck_plus.open_faces(trees.ck_plus(tmp_path / "c")))
    actors = rieger_frames(actor_study.open_faces(trees.actor_study(tmp_path / "a", people=["07", "08"])))
    both = joined("both", [posed, actors])
    assert len(both) == len(posed) + len(actors)
    assert set(both.subjects) == {"ck_plus:S005", "ck_plus:S010", "actor_study:07", "actor_study:08"}
    assert np.isnan(both.presence("AU09")[len(posed) :]).all()  # the actors' tables have no AU9
    assert both.presence("AU25")[len(posed) :].tolist() == [0, 1, 0, 1]
    last = both.picture(len(both) - 1)
    assert (last == actors.picture(len(actors) - 1)).all()
    assert both.points_of(0) is not None
    assert both.points_of(len(both) - 1) is None
    assert (both.labels["emotion"][len(posed) :] == -1).all()
    assert both.mesh is None


def test_joining_refuses_different_classes() -> None:
    one = LabelledFaces(name="a", subjects=("x",), read=black, class_names=("pain", "calm"))
    other = LabelledFaces(name="b", subjects=("x",), read=black, class_names=("calm", "pain"))
    with pytest.raises(DataInvalid, match="different classes: calm, pain against pain, calm"):
        joined("both", [one, other])
    assert joined("both", [one, one], same_people=True).subjects == ("x", "x")


def test_weitz_folds_keep_a_person_in_one_part() -> None:
    faces = painful()
    folds = weitz_splits(faces, seed=4)
    assert len(folds) == 5
    for fold in folds:
        parts = [{faces.subjects[i] for i in rows} for rows in (fold.train, fold.validation, fold.test)]
        assert [len(part) for part in parts] == [16, 4, 5]


def test_affectnet_and_arbabzadah_split_at_the_papers_numbers() -> None:
    count = 287_651
    faces = LabelledFaces(
        name="affectnet",
        subjects=tuple(map(str, range(count + 4000))),
        labels={"usage": np.repeat([0, 1], [count, 4000])},
        read=black,
    )
    split = affectnet_split(faces, seed=1)
    assert (len(split.train), len(split.validation), len(split.test)) == (273_269, 14_382, 4_000)
    halves = arbabzadah_split(faces.select(np.arange(2222)), seed=1)
    assert (len(halves.train), len(halves.validation), len(halves.test)) == (1111, 0, 1111)
    with pytest.raises(DataInvalid, match="7 appears 2 times"):
        arbabzadah_split(faces.select([7, 7]), seed=1)
