"""From stories to outcomes, from outcomes to figures, and a short run of the real command's function."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from builders import BEGINNING, PRIOR, SOURCE, script

from monitor.alerts.policy import AlertPolicy
from monitor.assessor import Assessor
from monitor.errors import UsageError
from monitor.pipeline import Step
from monitor.records import Gap, GapCause
from monitor.simulations import behaviours, figures, film, outcome
from monitor.simulations.behaviours import BEHAVIOURS
from monitor.simulations.figures import FILMS, ONLY, simulation_figures
from monitor.simulations.film import BEFORE_PAIN_S, CALM_S, PAIN_S, Plan
from monitor.simulations.outcome import Notes, Outcome
from monitor.simulations.summary import described, pooled


def watched(story: str, *, in_pain: bool, length_s: float = 20.0) -> Outcome:
    """The outcome of a story of what was seen, judged by the real assessor and policy."""
    plan = Plan(replace(BEHAVIOURS["calm"], length_s=length_s - CALM_S), in_pain, 1)
    notes = Notes(plan)
    assessor, policy = Assessor(prior=PRIOR), AlertPolicy(test=True)
    for scene in script(story, fps=5.0, noise=0.1):
        assessment = assessor.step(scene.seen, scene.prediction)
        seen = scene.seen
        notes.take(
            Step(
                seen=Gap(
                    frame_id=seen.frame_id,
                    source_id=SOURCE,
                    captured_s=seen.captured_s,
                    captured_at=BEGINNING,
                    cause=GapCause.STALLED,
                ),
                face=None,
                faces=1,
                crop=None,
                prediction=scene.prediction,
                request=None,
                explanations=(),
                assessment=assessment,
                alerts=tuple(policy.step(assessment)),
            )
        )
    return notes.outcome("calm", "someone")


BEFORE = f"calm {CALM_S + BEFORE_PAIN_S}s"


def test_a_calm_film_has_no_judgement_and_no_alert():
    seen = watched("calm 20s", in_pain=False)
    assert (seen.judged_pain_s, seen.longest_pain_s, seen.alerts) == (0.0, 0.0, ())
    assert seen.judged_delay_s is None
    assert seen.unassessable == 0.0
    assert seen.emotions["neutral"] > 0.7


def test_pain_judged_without_pain_is_counted_by_its_stretches_and_named_by_its_units():
    seen = watched("calm 8s, pain 4s, calm 4s, pain 2s, calm 2s", in_pain=False)
    assert seen.judged_pain_s > seen.longest_pain_s > 3.0
    assert seen.alerts == ()
    assert seen.aus["AU04"] > 1.2  # the calm face has 0.2; the judgement outlasts the grimace a little
    assert seen.emotions["neutral"] < 0.5


def test_pain_without_end_is_a_false_alert():
    seen = watched("calm 4s, pain 20s", in_pain=False, length_s=24.0)
    assert seen.alerts == ("pain",)
    assert seen.longest_pain_s == pytest.approx(19.0, abs=1.0)


def test_a_grimace_is_told_with_its_delays():
    seen = watched(f"{BEFORE}, pain {PAIN_S}s", in_pain=True)
    assert 0.3 < seen.judged_delay_s < 2.0
    assert seen.alert_delay_s == pytest.approx(seen.judged_delay_s + 15.0, abs=0.7)
    assert seen.judged_pain_s == 0.0
    assert seen.alerts == ()


def test_a_grimace_that_is_not_seen_is_missed_in_words_or_silently():
    hidden = watched(f"{BEFORE}, covered {PAIN_S}s", in_pain=True)
    overlooked = watched(f"{BEFORE}, smile {PAIN_S}s", in_pain=True)
    assert hidden.alert_delay_s is None
    assert overlooked.alert_delay_s is None
    assert hidden.said_that_it_cannot
    assert hidden.causes == {"covered": pytest.approx(5 * (PAIN_S - 2.0), abs=3)}
    assert not overlooked.said_that_it_cannot
    both = pooled([hidden, overlooked])
    assert both["missed_alerts"]["count"] == 2
    assert both["missed_silently"]["count"] == 1


def test_pain_judged_before_the_grimace_began_is_false_but_the_alert_is_none_missed():
    seen = watched(f"calm 4s, pain {BEFORE_PAIN_S + PAIN_S}s", in_pain=True)
    assert seen.judged_pain_s == pytest.approx(BEFORE_PAIN_S - 1.0, abs=1.0)
    assert seen.alerts == ("pain",)
    assert seen.judged_delay_s == pytest.approx(0.0, abs=0.2)
    assert seen.alert_delay_s < 15.0


def test_figures_carry_counts_and_wilson_intervals():
    calm = [watched("calm 20s", in_pain=False) for _ in range(3)] + [watched("calm 4s, pain 16s", in_pain=False)]
    pain = [watched(f"{BEFORE}, pain {PAIN_S}s", in_pain=True)]
    shown = described([*calm, *pain])
    assert shown["films"] == 5
    assert shown["false_judgements"] == {"count": 1, "n": 4, "share": 0.25, "interval_95": [0.0456, 0.6994]}
    assert shown["missed_alerts"]["n"] == 1
    assert shown["missed_alerts"]["share"] == 0.0
    assert shown["longest_false_pain_s"] > 13.0
    assert "AU04" in shown["aus"]
    assert len(shown["aus"]) <= 4
    assert shown["alert_delay_s"] == pytest.approx(pain[0].alert_delay_s, abs=0.01)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [(ONLY, "calm,dancing", "no behaviour 'dancing'"), (FILMS, "0", "must be a number"), (FILMS, "two", "must be")],
)
def test_a_wrong_environment_is_refused_in_one_line(monkeypatch, tiny_bundle, name, value, said):
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=said):
        simulation_figures(tiny_bundle, None, None)


def test_films_longer_than_their_delays_are_those_of_the_configuration_otherwise_shortened(tmp_path):
    settings = figures.simulation_settings(tmp_path)
    assert settings.alerts.delay_s < PAIN_S - 2.0
    longest = max(settings.alerts.fear_delay_s, settings.alerts.anger_delay_s, settings.alerts.sadness_delay_s)
    assert longest < BEHAVIOURS["calm"].length_s


def test_a_quick_run_through_the_real_pipeline(monkeypatch, tiny_bundle, landmarker):
    """Two behaviours of the built-in face, films cut to seconds; the untrained network may judge what it likes."""
    monkeypatch.setenv(ONLY, "calm,almost_dark")
    for constant in ("CALM_S", "BEFORE_PAIN_S"):
        monkeypatch.setattr(film, constant, 1.0)
    monkeypatch.setattr(film, "PAIN_S", 3.0)
    monkeypatch.setattr(outcome, "CALM_S", 1.0)
    short = {name: replace(each, length_s=3.0) for name, each in behaviours.BEHAVIOURS.items()}
    monkeypatch.setattr(figures, "BEHAVIOURS", short)
    heard: list[str] = []
    shown = simulation_figures(tiny_bundle, None, landmarker, progress=heard.append)
    assert json.loads(json.dumps(shown)) == shown
    assert set(shown["behaviours"]) == {"calm", "almost_dark"}
    assert shown["all"]["films"] == 4
    assert shown["faces"] == ["built-in"]
    assert shown["model_id"] == "tiny-untrained"
    assert [line.split(":")[0] for line in heard] == [f"film {done} of 4" for done in range(1, 5)]
    assert shown["behaviours"]["calm"]["unassessable_without_pain"] == 0.0
    dark = shown["behaviours"]["almost_dark"]
    assert dark["unassessable_without_pain"] == 1.0
    assert dark["missed_silently"]["count"] == 0
