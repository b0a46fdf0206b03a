"""The judgement over seconds, told as stories."""

from __future__ import annotations

import pytest
from builders import PRIOR, Scene, explain, face, predict, script

from models.action_units import ActionUnit
from monitor.assessor import Assessor, AssessorSettings, judge_still
from monitor.errors import ConfigurationError
from monitor.records import Assessment, CannotAssess, Level


def judge(scenes: list[Scene]) -> tuple[Assessor, list[Assessment]]:
    assessor = Assessor(prior=PRIOR)
    return assessor, [assessor.step(scene.seen, scene.prediction, scene.explanations) for scene in scenes]


def at(assessments: list[Assessment], captured_s: float) -> Assessment:
    return min(assessments, key=lambda a: abs(a.captured_s - captured_s))


@pytest.mark.parametrize("fps", [2.0, 10.0, 30.0])
def test_pain_is_judged_soon_after_its_onset_and_never_before(fps: float) -> None:
    assessor, judged = judge(script("calm 20s, pain 10s, calm 10s", fps=fps))
    assert assessor.pain_onset_s is not None
    assert 20.0 <= assessor.pain_onset_s <= 21.5
    assert all(a.level is Level.NO_PAIN for a in judged if a.captured_s < 20)
    assert at(judged, 28).score > 0.9
    assert at(judged, 39).level is Level.NO_PAIN


def test_pain_in_the_first_seconds_is_judged_against_the_prior() -> None:
    assessor, judged = judge(script("pain 8s"))
    assert assessor.pain_onset_s is not None
    assert assessor.pain_onset_s <= 1.5
    assert not any(a.baseline_known for a in judged)


def test_mild_pain_shows_on_a_known_face() -> None:
    assessor, _ = judge(script("calm 20s, mild_pain 8s"))
    assert assessor.pain_onset_s == pytest.approx(20.8, abs=0.8)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(
    "story",
    [
        "laugh 20s",
        "calm 20s, laugh 20s, calm 5s",
        "calm 12s, smile 10s, laugh 10s, smile 5s",
        "calm 20s, disgust 20s",
        "calm 10s, talk 30s",
        "calm 10s, sleep 120s",
        "sleep 60s",
        "calm 20s, frown 20s",
        "calm 20s, sadness 20s, fear 20s",
    ],
)
def test_what_is_no_pain(story: str, old: bool) -> None:
    assessor, judged = judge(script(story, old=old))
    assert assessor.pain_onset_s is None, max(a.score or 0 for a in judged)


def test_disgust_in_the_first_seconds_is_no_pain() -> None:
    """Of a face that frowns at rest this cannot be asked: against the prior it shows AU4 with AU9 and AU10."""
    assert judge(script("disgust 10s"))[0].pain_onset_s is None


def test_an_old_face_that_frowns_at_rest_is_in_pain_only_when_it_grimaces() -> None:
    assessor, judged = judge(script("calm 20s, pain 10s", old=True))
    assert assessor.pain_onset_s is not None
    assert 20.0 <= assessor.pain_onset_s <= 21.5
    assert at(judged, 19).score < 0.1


def test_a_blink_and_a_single_wild_frame_are_no_pain() -> None:
    scenes = script("calm 20s", noise=0.0)
    wild = script("pain 1s", noise=0.0)[5]
    for position in (60, 120, 121):
        scenes[position] = Scene(seen=scenes[position].seen, prediction=wild.prediction)
    assert judge(scenes)[0].pain_onset_s is None


@pytest.mark.parametrize(
    ("hidden", "reason"),
    [
        ("covered", CannotAssess.COVERED),
        ("turned_away", CannotAssess.TURNED_AWAY),
        ("blurred", CannotAssess.POOR_QUALITY),
        ("no_face", CannotAssess.NO_FACE),
        ("visitor", CannotAssess.NOT_THE_RESIDENT),
        ("gap", CannotAssess.NO_PICTURE),
    ],
)
def test_a_hidden_face_cannot_be_assessed_within_three_seconds(hidden: str, reason: CannotAssess) -> None:
    _, judged = judge(script(f"calm 20s, {hidden} 10s, calm 5s"))
    assert at(judged, 21).level is Level.NO_PAIN
    lost = [a for a in judged if 23 <= a.captured_s < 30]
    assert {a.level for a in lost} == {Level.UNASSESSABLE}
    assert {a.cannot_assess for a in lost} == {reason}
    assert {a.score for a in lost} == {None}
    assert at(judged, 32).level is Level.NO_PAIN


def test_no_face_from_the_beginning_is_unknown_at_once() -> None:
    _, judged = judge(script("no_face 3s"))
    assert judged[0].level is Level.UNASSESSABLE
    assert judged[0].coverage == 0.0


def test_too_few_glimpses_of_a_face_are_no_judgement() -> None:
    scenes = script("calm 20s")
    hidden = script("covered 20s")
    mixed = [scene if i < 100 or i % 8 == 0 else hidden[i] for i, scene in enumerate(scenes)]
    assert judge(mixed)[1][-1].level is Level.UNASSESSABLE


def test_a_jump_in_time_forgets_the_score() -> None:
    scenes = script("calm 15s, pain 5s, gap 30s, calm 10s")
    scenes = [scene for scene in scenes if not 20 <= scene.seen.captured_s < 50]
    _, judged = judge(scenes)
    after = [a for a in judged if a.captured_s >= 50]
    assert all(a.level is not Level.PAIN for a in after)


def test_pain_after_a_covered_face_is_judged_within_three_seconds() -> None:
    _, judged = judge(script("calm 20s, covered 12s, pain 10s", ramp_s=0.1))
    onset_s = min(a.captured_s for a in judged if a.level is Level.PAIN)
    assert 32 <= onset_s <= 35


def test_confidence_grows_with_what_is_known() -> None:
    _, judged = judge(script("pain 6s"))
    _, known = judge(script("calm 20s, pain 6s"))
    assert judged[-1].confidence < known[-1].confidence <= 1.0
    _, weak = judge(script("calm 20s, pain 6s", mu=0.05))
    assert weak[-1].evidence.weak
    assert weak[-1].confidence < known[-1].confidence


def test_evidence_names_the_risen_units_strongest_first() -> None:
    _, judged = judge(script("calm 20s, pain 6s", mu=0.6))
    evidence = judged[-1].evidence
    assert ActionUnit.AU04 in evidence.aus
    assert ActionUnit.AU12 not in evidence.aus
    assert ActionUnit.AU25 not in evidence.aus
    assert list(evidence.aus.values()) == sorted(evidence.aus.values(), reverse=True)
    assert evidence.mu[ActionUnit.AU04] == pytest.approx(0.6)
    assert evidence.explained_frames >= 1
    assert not evidence.weak


def test_explanations_of_calm_frames_are_no_evidence_of_pain() -> None:
    assessor = Assessor(prior=PRIOR)
    scenes = script("calm 20s, pain 3s", noise=0.0)
    calm = scenes[150].prediction
    assert calm is not None
    late = [explain(calm, ActionUnit.AU04, 0.01)]
    judged = [assessor.step(s.seen, s.prediction, late if s.seen.frame_id == 225 else ()) for s in scenes]
    assert judged[-1].level is Level.PAIN
    assert judged[-1].evidence.mu == {}


def test_explanations_change_no_level_and_no_score() -> None:
    _, without = judge(script("calm 20s, pain 8s, calm 5s"))
    _, weak = judge(script("calm 20s, pain 8s, calm 5s", mu=0.0))
    assert [(a.level, a.score) for a in without] == [(a.level, a.score) for a in weak]


def test_pspi_is_absolute_and_unknown_without_its_units() -> None:
    _, judged = judge(script("calm 15s, pain 6s", noise=0.0))
    assert judged[-1].pspi == pytest.approx(2.7 + 2.6 + 1.9 + 1.0, abs=0.01)
    scenes = script("calm 5s", noise=0.0)
    for number, scene in enumerate(scenes):
        assert scene.prediction is not None
        lids = {unit: value for unit, value in scene.prediction.aus.items() if unit is not ActionUnit.AU43}
        scenes[number] = Scene(
            seen=scene.seen, prediction=predict(lids, scene.prediction.emotions, captured_s=scene.seen.captured_s)
        )
    _, without = judge(scenes)
    assert without[-1].pspi is None
    assert without[-1].score is not None


def test_trends_follow_the_mood_slowly() -> None:
    _, judged = judge(script("calm 60s, laugh 60s"))
    assert at(judged, 59).trend["calm"] > 0.7
    assert at(judged, 119).trend["joy"] > at(judged, 61).trend["joy"] + 0.5


def test_the_same_story_gives_the_same_judgement() -> None:
    assert judge(script("calm 15s, pain 8s"))[1] == judge(script("calm 15s, pain 8s"))[1]


@pytest.mark.parametrize("old", [False, True])
def test_still_pain_outranks_everything_else(old: bool) -> None:
    others = [face(name, old=old) for name in ("calm", "laugh", "smile", "disgust", "talk", "sleep", "sadness")]
    for pain in (face("pain", old=old), face("mild_pain", old=old)):
        for neutral in (face("calm", old=old), None):
            score = judge_still(pain, PRIOR, neutral)
            rest = [judge_still(other, PRIOR, neutral) for other in others]
            assert score is not None
            assert all(value is not None and value < score for value in rest)


@pytest.mark.parametrize(
    ("name", "value"), [("on", 0.2), ("window_s", 0.0), ("smoothing_s", -1.0), ("min_coverage", 1.5)]
)
def test_wrong_settings_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ConfigurationError, match=f"judgement.{name}: must"):
        AssessorSettings(**{name: value})
