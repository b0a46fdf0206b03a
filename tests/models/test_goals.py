"""Goals beside figures: which are met, which missed, and that the missed ones come first."""

from __future__ import annotations

from models.evaluation.goals import as_markdown, goals
from models.model_card import compose

FERPLUS = {"accuracy_majority": 0.87, "calibration_error": 0.02}
AUS = {
    "together": {"AU04": {"f1": 0.9, "icc": 0.7}, "AU43": {"f1": 0.95}},
    "renderings": {"AU04": {"monotone": True}},
    "warps": {"AU04": {"monotone": False}},
}
FILMS = {
    "films": [
        {"file": "a/grimace.mp4", "end": "held", "label": "pain", "onset_s": 2.0, "delay_s": 1.2, "pain_onset_s": 3.2},
        {"file": "a/late.mp4", "label": "pain", "onset_s": 2.0, "delay_s": None, "pain_onset_s": None},
        {"file": "a/laugh.mp4", "label": "no pain", "onset_s": None, "delay_s": None, "pain_onset_s": 4.0},
    ]
}


def found(figures: dict) -> dict[str, bool]:
    return {goal.what: goal.met for goal in goals(figures)}


def test_accuracy_and_calibration_are_held_to_their_bounds() -> None:
    assert found({"ferplus": FERPLUS}) == {"emotion accuracy": False, "calibration error": True}
    assert found({"ferplus": FERPLUS | {"accuracy_majority": 0.88}})["emotion accuracy"]


def test_units_have_f1_and_but_for_closed_lids_a_correlation() -> None:
    assert found({"aus": AUS}) == {
        "AU04 F1 on strangers": True,
        "AU04 intraclass correlation on strangers": False,
        "AU43 F1 on strangers": True,
        "monotone in strength, renderings": True,
        "monotone in strength, warps": False,
    }


def test_films_are_judged_in_time_or_not_at_all() -> None:
    assert found({"films": FILMS}) == {
        "delay of grimace.mp4 (held)": True,
        "delay of late.mp4 (as is)": False,
        "no pain in laugh.mp4 (as is)": False,
    }


def test_evidence_faces_pairs_and_simulations() -> None:
    figures = {
        "mu": {
            "units": [
                {"target": "AU04", "mu_over_chance": 2.0, "null_95th_percentile": 1.8, "met": True},
                {"target": "AU06", "mu_over_chance": 1.2, "null_95th_percentile": 1.1, "met": False},
                {"target": "emotion:anger", "mu_over_chance": 1.0},
            ]
        },
        "faces": {
            "emotions": [{"units": "AU04", "emotion": "anger", "auc": 0.9, "target": 0.8}],
            "neutral": [{"unit": "AU04", "false_positives": 0.1, "target": 0.05, "met": False}],
        },
        "pairs": {"auc": 0.83, "n": 5},
        "simulations": {"all": {"false_alerts": {"count": 0, "n": 38}, "missed_silently": {"count": 2, "n": 38}}},
    }
    assert found(figures) == {
        "AU04 on anger, AUC": True,
        "AU04 on neutral faces": False,
        "AU04 μ ÷ chance": True,
        "AU06 μ ÷ chance": False,
        "pain above all else, AUC (n 5)": False,
        "false alerts in simulated stays": True,
        "pain missed without a word in simulated stays": False,
    }


def test_missed_goals_come_first_in_the_card() -> None:
    text = as_markdown(goals({"ferplus": FERPLUS | {"accuracy_majority": 0.9, "calibration_error": 0.05}}))
    assert text.index("MISSED") < text.index("met")
    card = compose("# Card\n", {"ferplus": FERPLUS})
    assert "| emotion accuracy (`ferplus`) | ≥ 0.88 | 0.870 | MISSED |" in card
