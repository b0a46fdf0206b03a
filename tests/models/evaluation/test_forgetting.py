"""Recalls, what counts as forgotten, and the best compromise."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.expression_units import ORDER, UNITS_OF, no_use_for_pain, rows
from models.evaluation.forgetting import best_balance, changes, recalls


def test_recalls_by_hand():
    truth, predicted = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 0])
    np.testing.assert_allclose(recalls(truth, predicted, 3), [2 / 3, 1 / 2, np.nan])


def test_only_the_emotion_that_is_lost_beyond_chance_is_forgotten():
    truth = np.repeat([0, 1, 2], 40)
    before = truth.copy()
    after = truth.copy()
    after[40:60] = 0  # half of class 1 is lost
    after[80:82] = 0  # two of class 2 are: chance would do that
    lost = {change.emotion: change for change in changes(truth, before, after, ("calm", "surprise", "contempt"))}
    assert [name for name, change in lost.items() if change.forgotten()] == ["surprise"]
    assert (lost["surprise"].reference, lost["surprise"].other, lost["surprise"].pictures) == (1.0, 0.5, 40)
    assert lost["contempt"].other < lost["contempt"].reference
    gained = changes(truth, after, before, ("calm", "surprise", "contempt"))
    assert not any(change.forgotten() for change in gained)


def test_a_class_without_pictures_is_not_forgotten():
    (only, missing) = changes(np.zeros(5, int), np.zeros(5, int), np.ones(5, int), ("there", "absent"))
    assert missing.pictures == 0
    assert not missing.forgotten()
    assert only.test.only_first == 5


def test_the_balance_picks_the_papers_two_on_curves_of_its_shape():
    """Pain recalls as published; emotions that fall slowly and then, as figure 3's text says, notably at B1 and B0."""
    names = ("FreezeB5", "FreezeB4", "FreezeB3", "FreezeB2", "FreezeB1", "FreezeB0")
    pain = dict(zip(names, (0.54, 0.56, 0.69, 0.71, 0.71, 0.71), strict=True))
    emotions = dict(zip(names, (0.60, 0.595, 0.59, 0.58, 0.51, 0.50), strict=True))
    assert best_balance(pain, emotions) == ("FreezeB3", "FreezeB2")
    with pytest.raises(ValueError, match="different networks"):
        best_balance(pain, {"FreezeB5": 1.0})


def test_the_units_that_pain_has_no_use_for():
    assert no_use_for_pain(["AU14", "AU05", "AU04"]) == ("AU05", "AU14")
    table = {row[0]: dict(zip(ORDER, row[1:], strict=True)) for row in rows(["AU14"])}
    assert table["contempt"]["AU14"] == "forgotten"
    assert table["surprise"]["AU05"] == "shown"
    assert set(table["neutral"].values()) == {""}
    assert "forgotten" not in table["pain"].values()
    assert sum(cell != "" for row in table.values() for cell in row.values()) == sum(map(len, UNITS_OF.values()))
