"""Probes find an AU that one network's features lack, and the corrected test alone keeps quiet about noise."""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import DataInvalid
from models.evaluation.concept_probe import compare, compressed


def _features(present, run, strength, size=30, noise=0.3):
    """Features of training run number ``run`` of a network that sees the unit less by ``strength`` 0–1.

    What the pictures hold beside the unit is the same for every run; each adds a little noise of its own.
    """
    rng = np.random.default_rng(99)
    direction = rng.normal(size=size) / np.sqrt(size)
    pictures = rng.normal(size=(len(present), size))
    seen = (1.0 - strength) * 3.0 * present[:, None] * direction
    own = noise * np.random.default_rng(run).normal(size=pictures.shape)
    return (seen + pictures + own).reshape(len(present), size // 6, 2, 3)


@pytest.fixture
def material():
    rng = np.random.default_rng(1)
    subjects = [f"s{number // 4}" for number in range(120)]
    return rng.random(120) < 0.4, subjects


def test_an_au_forgotten_is_found_and_named_in_the_right_direction(material):
    present, subjects = material
    found = compare(_features(present, 2, 0.0), _features(present, 3, 1.0), present, subjects, repetitions=20, seed=0)
    assert found.forgotten()
    assert found.first.mean() > found.second.mean() + 0.15
    assert (found.pictures, found.positive) == (120, int(present.sum()))
    back = compare(_features(present, 3, 1.0), _features(present, 2, 0.0), present, subjects, repetitions=20, seed=0)
    assert not back.forgotten()


def test_over_five_seeds_the_corrected_test_does_not_see_training_noise_which_the_plain_one_flags(material):
    present, subjects = material
    plain = 0
    for seed in range(5):
        found = compare(
            _features(present, 10 + seed, 0.0),
            _features(present, 20 + seed, 0.0),
            present,
            subjects,
            repetitions=60,
            seed=seed,
        )
        plain += found.plain.p < 0.05
        assert found.corrected.p > 0.05, seed
    assert plain >= 3


def test_compressed_features_are_the_same_to_a_linear_machine(rng):
    features = rng.normal(size=(40, 5, 10, 10))
    small = compressed(features)
    flat = features.reshape(40, -1) - features.reshape(40, -1).mean(axis=0)
    flat /= np.linalg.norm(flat, axis=1).mean()
    assert small.shape[1] <= 40
    np.testing.assert_allclose(small @ small.T, flat @ flat.T, atol=1e-10)


def test_scale_of_a_network_changes_nothing(material):
    present, subjects = material
    features = _features(present, 2, 0.3)
    found = compare(features, features * 1000.0, present, subjects, repetitions=3, seed=0)
    np.testing.assert_allclose(found.first, found.second)
    assert found.corrected.p == 1.0


def test_folds_keep_people_together_and_are_the_same_for_the_same_seed(material):
    present, _ = material
    one_person_each_side = ["a"] * 60 + ["b"] * 60
    first, second = _features(present, 2, 0.0), _features(present, 3, 0.5)
    found = compare(first, second, present, one_person_each_side, repetitions=4, seed=5)
    assert len({tuple(sorted(np.round(row, 12))) for row in found.first}) == 1  # only one way to split two people
    again = compare(first, second, present, one_person_each_side, repetitions=4, seed=5)
    np.testing.assert_array_equal(found.first, again.first)
    np.testing.assert_array_equal(found.second, again.second)


def test_a_unit_that_only_one_person_shows_cannot_be_probed():
    present = np.array([True] * 5 + [False] * 15)
    features = np.eye(20)
    with pytest.raises(DataInvalid, match=r"no two folds of 4 people .* \(5 of 20 have it\)"):
        compare(features, features, present, ["a"] * 5 + ["b"] * 5 + ["c"] * 5 + ["d"] * 5, repetitions=2, seed=0)
