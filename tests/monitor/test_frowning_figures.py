"""Figures of neutral faces that frown: judged by the prior and by their own neutral face."""

from __future__ import annotations

import pytest
from builders import PRIOR, face, predict

from models.action_units import ActionUnit
from monitor.simulations.frowning import FrowningFace, _judged, described


def frowning(strength: float) -> FrowningFace:
    rest, pain = face("calm"), face("pain")
    lowered = {ActionUnit.AU04: 2.0 * strength, ActionUnit.AU07: 0.6 * strength}
    at_rest = predict({u: v + lowered.get(u, 0.0) for u, v in rest.aus.items()}, rest.emotions)
    grimace = predict({u: min(5.0, v + lowered.get(u, 0.0)) for u, v in pain.aus.items()}, pain.emotions)
    return _judged(strength, at_rest, at_rest, grimace, PRIOR)


def test_a_frown_at_rest_counts_against_others_and_not_against_itself() -> None:
    scores = [frowning(strength) for strength in (0.0, 0.5, 1.0)]
    by_prior = [judged.rest["prior"] for judged in scores]
    assert by_prior == sorted(by_prior)
    assert by_prior[-1] > 3 * by_prior[0]
    assert max(judged.rest["own"] for judged in scores) < 0.02
    assert min(judged.grimace["own"] for judged in scores) > 0.9


def test_shares_come_with_their_number_and_interval() -> None:
    faces = [
        FrowningFace(1.0, 2.0, {"prior": 0.6, "own": 0.1}, {"prior": 0.9, "own": 0.8}),
        FrowningFace(1.0, 3.0, {"prior": 0.2, "own": 0.1}, {"prior": 0.9, "own": 0.4}),
    ]
    figures = described(faces, 0.5)
    assert (figures["n"], figures["au04_median"]) == (2, 2.5)
    assert (figures["prior"]["false"], figures["own"]["false"]) == (0.5, 0.0)
    assert (figures["prior"]["found"], figures["own"]["found"]) == (1.0, 0.5)
    low, high = figures["prior"]["false_interval_95"]
    assert 0.0 < low < 0.5 < high < 1.0
    assert figures["own"]["auc"] == pytest.approx(1.0)


def test_nobody_seen_gives_no_figure() -> None:
    figures = described([], 0.5)
    assert figures["n"] == 0
    assert figures["own"]["false"] is None
    assert figures["own"]["rest_highest"] is None
