"""How well people agree on FER+ labels: certain where votes are, and less the more they are divided."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.annotators import annotators, one_annotator


def votes(*rows: dict[int, int]) -> np.ndarray:
    found = np.zeros((len(rows), 10), np.uint8)
    for row, counts in enumerate(rows):
        for label, count in counts.items():
            found[row, label] = count
    return found


def test_unanimous_votes_leave_no_doubt() -> None:
    found = annotators(votes({0: 10}, {3: 10}, {1: 10}))
    assert found["one_annotator"] == found["another_panel"] == 1.0


def test_one_of_ten_who_differs_is_one_in_ten() -> None:
    found = annotators(votes(*[{0: 9, 4: 1}] * 50))
    assert found["one_annotator"] == pytest.approx(0.9)
    low, high = found["one_annotator_interval_95"]
    assert low == high == pytest.approx(0.9)
    assert found["another_panel"] == 1.0


def test_a_vote_set_aside_can_take_the_majority_with_it() -> None:
    hits, counts = one_annotator(votes({0: 6, 1: 4}))
    # six of ten times the others are five to four, which is a majority; four times six to three
    assert counts == pytest.approx([1.0])
    assert hits == pytest.approx([0.6])
    hits, counts = one_annotator(votes({0: 5, 1: 4, 2: 1}))
    # the single vote is dropped: five to four; without one of the five there is a tie
    assert counts == pytest.approx([0.5])
    assert hits == pytest.approx([0.0])


def test_divided_panels_agree_less() -> None:
    clear, divided = annotators(votes(*[{0: 8, 1: 2}] * 40)), annotators(votes(*[{0: 6, 1: 4}] * 40))
    assert divided["another_panel"] < clear["another_panel"] < 1.0
    assert divided["one_annotator"] < clear["one_annotator"]
