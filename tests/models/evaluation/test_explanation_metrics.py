"""Metrics by Quantus where it is right; where it is not, its own figure stands beside ours to show the difference."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest
import quantus

from models.errors import PartMissing, SpecMismatch
from models.evaluation.explanation_metrics import pointing_game, relevance_mass, relevance_rank
from models.evaluation.weighted_mu import weighted_mu

RELEVANCE = np.array([[[4.0, 1.0], [-2.0, 0.5]], [[0.1, 0.2], [3.0, -1.0]], [[-1.0, -1.0], [-1.0, -1.0]]])
REGIONS = np.array([[[1, 0], [1, 0]], [[1, 1], [0, 0]], [[1, 0], [0, 0]]], bool)


def by_quantus(metric: object, relevance: np.ndarray, regions: np.ndarray) -> np.ndarray:
    found = metric(
        model=None,
        x_batch=np.zeros((len(relevance), 1, *relevance.shape[1:])),
        y_batch=np.zeros(len(relevance), int),
        a_batch=relevance[:, None],
        s_batch=regions[:, None],
        channel_first=True,
    )
    return np.asarray(found, np.float64)


def test_pointing_game_asks_where_the_greatest_relevance_lies() -> None:
    np.testing.assert_array_equal(pointing_game(RELEVANCE, REGIONS), [1.0, 0.0, np.nan])


def test_relevance_rank_counts_the_most_relevant_pixels_inside() -> None:
    """Of as many pixels as the region has: {4, 1} → one inside; {3, 0.2} → one inside."""
    np.testing.assert_array_equal(relevance_rank(RELEVANCE, REGIONS), [0.5, 0.5, np.nan])
    binary = REGIONS.astype(float)  # Quantus refuses maps of zeros and ones if no other value is there
    np.testing.assert_array_equal(relevance_rank(binary, REGIONS), [1.0, 1.0, 1.0])
    perfect = np.where(REGIONS, 2.0, 1.0)
    np.testing.assert_array_equal(relevance_rank(perfect, REGIONS), [1.0, 1.0, 1.0])


def test_a_map_without_a_greatest_pixel_points_nowhere() -> None:
    for value in (1.0, 3.0):
        assert np.isnan(pointing_game(np.full((2, 2, 2), value), REGIONS[:2])).all()
        assert np.isnan(relevance_rank(np.full((2, 2, 2), value), REGIONS[:2])).all()


def test_an_empty_region_has_no_answer_though_quantus_calls_it_a_hit() -> None:
    empty = np.zeros_like(REGIONS)
    assert np.isnan(pointing_game(RELEVANCE, empty)).all()
    assert np.isnan(relevance_rank(RELEVANCE, empty)).all()
    quantus_says = by_quantus(quantus.PointingGame(normalise=False, disable_warnings=True), RELEVANCE, empty)
    np.testing.assert_array_equal(quantus_says, [1.0, 1.0, 1.0])


def test_relevance_mass_leaves_negatives_out_though_quantus_counts_them() -> None:
    """Picture 0: 4 of 5.5 positive lie inside; with negatives 2 of 3.5. Picture 1: 0.3 of 3.3; with them 0.3 of 2.3."""
    np.testing.assert_allclose(relevance_mass(RELEVANCE, REGIONS), [4 / 5.5, 0.3 / 3.3, np.nan])
    made = quantus.RelevanceMassAccuracy(normalise=False, disable_warnings=True)
    np.testing.assert_allclose(by_quantus(made, RELEVANCE, REGIONS)[:2], [2 / 3.5, 0.3 / 2.3])
    mostly_negative = np.array([[[4.0, 1.0], [0.0, -4.5]]])
    assert by_quantus(made, mostly_negative, REGIONS[:1])[0] == pytest.approx(8.0), "a share of 8"
    assert relevance_mass(mostly_negative, REGIONS[:1])[0] == pytest.approx(0.8)


def test_size_weighting_divides_though_quantus_multiplies_with_a_size_of_its_own() -> None:
    """Region of a quarter that holds everything: μ_w = 4. Quantus takes its size from x_batch[2:], two pictures on."""
    relevance, regions = np.zeros((4, 4, 4)), np.zeros((4, 4, 4), bool)
    relevance[:, :2, :2], regions[:, :2, :2] = 1.0, True
    made = quantus.AttributionLocalisation(
        weighted=True, positive_attributions=True, abs=False, normalise=False, disable_warnings=True
    )
    quantus_says = by_quantus(made, relevance, regions)
    assert quantus_says[0] == pytest.approx(4 / 32), "4 px over the 32 px of the last two pictures"
    assert [weighted_mu(one, region) for one, region in zip(relevance, regions, strict=True)] == [4.0] * 4


def test_all_answers_unknown_is_an_answer() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for metric in (pointing_game, relevance_rank, relevance_mass):
            assert np.isnan(metric(-np.ones((2, 3, 3)), np.ones((2, 3, 3), bool))).all()
            assert np.isnan(metric(np.full((1, 3, 3), np.nan), np.ones((1, 3, 3), bool))).all()


def test_a_missing_quantus_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "quantus", None)
    with pytest.raises(PartMissing, match="need Quantus"):
        pointing_game(RELEVANCE, REGIONS)


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(SpecMismatch, match="as many regions"):
        pointing_game(RELEVANCE, REGIONS[:2])
    with pytest.raises(SpecMismatch, match="as many regions"):
        relevance_mass(RELEVANCE[0], REGIONS[0])
