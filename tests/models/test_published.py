"""The published figures, copied by hand, agree with each other where the papers let them be checked."""

from __future__ import annotations

import pytest

from models.reports import published, published_arbabzadah, published_prajod


def test_weitz_means_follow_from_the_folds():
    losses, accuracies = zip(*((fold[4], fold[5]) for fold in published.WEITZ_FOLDS), strict=True)
    assert sum(losses) / 5 == pytest.approx(published.WEITZ_MEAN_TEST[0], abs=0.006)
    assert sum(accuracies) / 5 == pytest.approx(published.WEITZ_MEAN_TEST[1], abs=0.0006)


def test_weitz_balanced_the_emotions_against_two_pain_levels():
    counts = published.WEITZ_COUNTS
    pain = counts["pain level 3", "after"][1] + counts["pain level 4", "after"][1]
    assert pain == pytest.approx(counts["disgust", "after"][1], rel=0.003)


def test_rieger_has_a_number_or_none_for_every_unit():
    rows = [row for table in published.RIEGER_F1.values() for row in table.values()]
    for row in (*rows, *published.RIEGER_MU.values(), *published.RIEGER_MU_COUNT.values()):
        assert len(row) == len(published.RIEGER_UNITS)
        assert all(value is None or value > 0 for value in row)


def test_prajod_f1_follows_from_precision_and_recall_up_to_rounding():
    for row in published_prajod.TABLE_1:
        calm, pain = (2 * row[p] * row[p + 3] / (row[p] + row[p + 3]) for p in (1, 2))
        assert (calm, pain) == pytest.approx((row[7], row[8]), abs=0.016), row[0]
        for first in (1, 4, 7):
            assert (row[first] + row[first + 1]) / 2 == pytest.approx(row[first + 2], abs=0.0101), row[0]


def test_prajod_counts_add_up():
    assert sum(published_prajod.TARGET_COUNTS.values()) == 48_398
    assert tuple(row[0] for row in published_prajod.TABLE_1) == published_prajod.MODELS


def test_prajod_p_values_follow_from_t_with_499_degrees_of_freedom():
    from scipy.stats import t as student

    for unit, _, _, _, t, p in published_prajod.PROBES:
        assert 2 * student.sf(abs(t), published_prajod.PROBE_REPETITIONS - 1) == pytest.approx(p, rel=0.1), unit


def test_arbabzadah_has_sixteen_errors():
    assert sum(len(row) - 2 for row in published_arbabzadah.TABLE_1) == 16
    assert published_arbabzadah.PICTURES == 2 * published_arbabzadah.TRAINING
