""" "90 of 100" is counted: on known shares, isotonic, never from too few pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from models.errors import SpecMismatch
from models.words.certainty import FEWEST, Certainty, calibrate, expected_calibration_error

NAMES = ("pain", "neutral")


def _two(confidence: np.ndarray) -> np.ndarray:
    return np.stack([confidence, 1 - confidence], axis=1)


def test_of_100_is_the_share_that_was_right() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1.0, 4000)
    truth = np.where(rng.random(4000) < confidence**2, 0, 1)  # overconfident: right with p², not p
    known = calibrate(_two(confidence), truth, NAMES)
    for asked in (0.6, 0.8, 0.95):
        found = known.certainty("pain", asked)
        assert found is not None
        assert found.of_100 == pytest.approx(100 * asked**2, abs=9)
        assert found.interval[0] <= found.of_100 <= found.interval[1]


def test_a_class_seldom_said_stays_unknown() -> None:
    confidence = np.concatenate([np.full(FEWEST - 1, 0.9), np.full(FEWEST, 0.1)])
    known = calibrate(_two(confidence), np.zeros(len(confidence), int), NAMES)
    assert known.certainty("pain", 0.9) is None
    assert known.certainty("neutral", 0.9) == Certainty(0, FEWEST)
    assert known.certainty("happiness", 0.9) is None


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(0, 300))
def test_greater_confidence_is_never_a_smaller_share_and_everyone_is_counted(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    probability = rng.dirichlet(np.ones(3), count).round(1)
    truth = rng.integers(3, size=count)
    known = calibrate(probability, truth, ("a", "b", "c"))
    said = probability.argmax(axis=1) if count else np.zeros(0, int)
    for number, name in enumerate(("a", "b", "c")):
        rows = said == number
        if rows.sum() < FEWEST:
            assert known.certainty(name, 0.5) is None
            continue
        steps = known.steps[name]
        assert sum(step.count for step in steps) == rows.sum()
        assert sum(step.right for step in steps) == (truth[rows] == number).sum()
        assert all(step.count >= FEWEST for step in steps)
        shares = [step.right / step.count for step in steps]
        assert shares == sorted(shares)


def test_large_steps_are_those_of_isotonic_regression() -> None:
    rng = np.random.default_rng(2)
    confidence = np.repeat(np.linspace(0.55, 0.95, 9), 60)
    right = rng.random(len(confidence)) < confidence
    known = calibrate(_two(confidence), np.where(right, 0, 1), NAMES)
    reference = IsotonicRegression().fit_transform(confidence, right)
    for level, expected in zip(confidence, reference, strict=True):
        found = known.certainty("pain", float(level))
        assert found is not None
        assert found.right / found.count == pytest.approx(expected)


def test_less_confidence_than_ever_seen_takes_the_lowest_step() -> None:
    known = calibrate(_two(np.full(FEWEST, 0.9)), np.zeros(FEWEST, int), NAMES)
    assert known.certainty("pain", 0.2) == Certainty(FEWEST, FEWEST)


def test_calibration_error_is_the_gap() -> None:
    probability = _two(np.full(100, 0.9))
    assert expected_calibration_error(probability, np.repeat([0, 1], [90, 10])) == pytest.approx(0.0)
    assert expected_calibration_error(probability, np.repeat([0, 1], [50, 50])) == pytest.approx(0.4)
    assert expected_calibration_error(np.zeros((0, 2)), np.zeros(0, int)) is None


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(SpecMismatch, match="2 classes"):
        calibrate(np.ones((4, 3)), np.zeros(4, int), NAMES)
