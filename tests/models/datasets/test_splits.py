"""Splits: no subject on two sides, whatever the number of rows a subject has; refusals say what is shared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.datasets.splits import Split, by_share, k_fold, leave_one_subject_out, make_split
from models.errors import DataInvalid

PEOPLE = tuple(f"s{number}" for number in (1, 1, 1, 1, 2, 2, 3, 3, 3, 4, 5, 6, 6, 7))


def people(subjects: tuple[str, ...], rows: np.ndarray) -> set[str]:
    return {subjects[i] for i in rows}


def assert_disjoint(split: Split, subjects: tuple[str, ...]) -> None:
    parts = [people(subjects, rows) for rows in (split.train, split.validation, split.test)]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    assert len(split.train) + len(split.validation) + len(split.test) == len(subjects)


@given(st.lists(st.sampled_from([f"p{n}" for n in range(9)]), min_size=1, max_size=60), st.integers(3, 5))
def test_folds_test_every_row_once_and_share_nobody(drawn: list[str], k: int) -> None:
    subjects = tuple(drawn)
    if len(set(subjects)) < k + 1:
        with pytest.raises(DataInvalid, match="folds by subject"):
            k_fold(subjects, k, seed=1, validation=0.2)
        return
    folds = k_fold(subjects, k, seed=1, validation=0.2)
    assert sorted(np.concatenate([fold.test for fold in folds]).tolist()) == list(range(len(subjects)))
    for fold in folds:
        assert_disjoint(fold, subjects)
        assert min(len(fold.train), len(fold.validation), len(fold.test)) > 0


def test_folds_are_even_in_rows_and_depend_on_the_seed_alone() -> None:
    subjects = tuple(f"s{n % 20}" for n in range(200))
    first, again, other = (k_fold(subjects, 5, seed) for seed in (3, 3, 4))
    assert [len(fold.test) for fold in first] == [40] * 5
    assert all((a.test == b.test).all() for a, b in zip(first, again, strict=True))
    assert any((a.test != b.test).any() for a, b in zip(first, other, strict=True))


def test_leave_one_subject_out_names_who_is_left_out() -> None:
    splits = leave_one_subject_out(PEOPLE, validation=0.2)
    assert [split.name for split in splits] == [f"without s{n}" for n in range(1, 8)]
    for number, split in enumerate(splits, start=1):
        assert people(PEOPLE, split.test) == {f"s{number}"}
        assert_disjoint(split, PEOPLE)


def test_shares_are_shares_of_subjects() -> None:
    subjects = tuple(f"s{n // 3}" for n in range(60))
    split = by_share(subjects, seed=0, validation=0.1, test=0.25)
    assert_disjoint(split, subjects)
    assert (len(split.test), len(split.validation)) == (15, 6)  # 5 of 20 people, then 10% of the other 15


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({"train": [0], "test": [1]}, "split x: training and test share subject s1"),
        ({"train": [0], "validation": [2], "test": [5, 6]}, "training and validation share subject s1"),
        ({"train": [0], "validation": [4], "test": [4]}, "row 4 is in validation and in test"),
        ({"train": [0, 0]}, "training holds a row twice"),
        ({"train": [99]}, "training has a row outside 0–13"),
    ],
)
def test_what_mixes_is_refused(parts: dict[str, list[int]], line: str) -> None:
    with pytest.raises(DataInvalid, match=line):
        make_split("x", PEOPLE, **parts)


def test_a_paper_that_mixes_says_so_and_still_never_tests_on_its_training_subjects() -> None:
    split = make_split("p", PEOPLE, train=[0], validation=[1], test=[6], shares="paper P")
    assert split.shares == "paper P"
    with pytest.raises(DataInvalid, match="training and test share subject s1"):
        make_split("p", PEOPLE, train=[0], validation=[2], test=[1], shares="paper P")
    with pytest.raises(DataInvalid, match="validation and test share subject s1"):
        make_split("p", PEOPLE, train=[6], validation=[2], test=[1], shares="paper P")


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(DataInvalid, match=r"in \[0, 1\), got 1.0"):
        by_share(PEOPLE, 0, validation=1.0, test=0.1)
    with pytest.raises(DataInvalid, match="no subject is left to train on"):
        k_fold(("a", "b", "c"), 2, 0, validation=0.9)
