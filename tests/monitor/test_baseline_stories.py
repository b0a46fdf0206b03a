"""Stories about the neutral face: who frowns at rest, who is in pain or laughs when the camera starts, who is held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import builders
import pytest
from builders import PRIOR, Scene, face, script

from models.action_units import ActionUnit
from monitor.assessor import Assessor
from monitor.baseline import Baseline, Lesson
from monitor.baseline_change import BaselineReason
from monitor.records import Assessment, FaceObservation, Level

FPS = 4.0
SQUINT = {"AU06": 0.8, "AU07": 1.8}


@pytest.fixture(autouse=True)
def squint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(builders._ADDED, "squint", SQUINT)
    monkeypatch.setitem(builders._EMOTIONS, "squint", {"neutral": 0.7, "sadness": 0.1, "anger": 0.1})


def told(story: str, rest: Mapping[str, float] | None = None) -> list[Scene]:
    """Scenes of a face that rests with ``rest`` above what others do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(builders, "_REST", builders._REST | dict(rest or {}))
        return script(story, fps=FPS)


def judge(scenes: list[Scene], assessor: Assessor | None = None) -> tuple[Assessor, list[Assessment]]:
    assessor = assessor or Assessor(prior=PRIOR)
    return assessor, [assessor.step(scene.seen, scene.prediction) for scene in scenes]


def between(judged: list[Assessment], since_s: float, until_s: float) -> list[Assessment]:
    return [a for a in judged if since_s <= a.captured_s < until_s]


def pain_share(judged: list[Assessment]) -> float:
    return sum(a.level is Level.PAIN for a in judged) / len(judged)


def resting(assessor: Assessor, unit: ActionUnit) -> float:
    return assessor.baseline.neutral.aus[unit][0]


@pytest.mark.parametrize("first", ["laugh", "smile"])
def test_laughing_from_the_first_frame(first: str) -> None:
    assessor, judged = judge(told(f"{first} 60s, calm 20s, pain 10s"))
    assert pain_share(between(judged, 0, 80)) == 0.0
    assert not any(a.baseline_known for a in between(judged, 0, 60))
    assert pain_share(between(judged, 82, 90)) == 1.0
    assert resting(assessor, ActionUnit.AU12) < 0.3


@pytest.mark.parametrize("pain", ["pain", "mild_pain"])
def test_in_pain_from_the_first_frame_is_judged_by_the_prior_and_never_learned(pain: str) -> None:
    assessor, judged = judge(told(f"{pain} 120s, calm 20s, {pain} 10s"))
    assert pain_share(between(judged, 2, 120)) == 1.0
    assert not any(a.baseline_known for a in between(judged, 0, 122))
    assert assessor.baseline.lesson_s[Lesson.IN_PAIN] > 115
    assert pain_share(between(judged, 125, 140)) == 0.0
    assert pain_share(between(judged, 142, 150)) == 1.0
    assert resting(assessor, ActionUnit.AU04) < 0.5


def test_a_face_that_frowns_at_rest_is_learned_and_its_grimace_still_found() -> None:
    assessor, judged = judge(told("calm 60s, pain 10s, calm 10s", {"AU04": 2.5, "AU07": 0.5}))
    assert pain_share(between(judged, 0, 60)) == 0.0
    by_prior, by_own = between(judged, 2, 6), between(judged, 50, 60)
    assert min(a.score or 0 for a in by_prior) > max(a.score or 0 for a in by_own)
    assert pain_share(between(judged, 62, 70)) == 1.0
    assert pain_share(between(judged, 74, 80)) == 0.0
    assert resting(assessor, ActionUnit.AU04) == pytest.approx(2.5, abs=0.2)


def test_what_a_frown_at_rest_scores_with_and_without_the_own_neutral_face() -> None:
    """The figures of the README: pain of a neutral face that frowns, by how strongly, against whom."""
    by_prior, by_own = [], []
    for strength in (0.0, 1.0, 2.0, 3.0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(builders, "_REST", builders._REST | {"AU04": strength, "AU07": 0.5})
            at_rest = face("calm")
        assessor = Assessor(prior=PRIOR)
        scene = script("calm 1s", fps=1.0)[0]
        by_prior.append(assessor.step(scene.seen, at_rest).score or 0.0)
        own = Assessor(prior=PRIOR)
        own.adopt(at_rest)
        by_own.append(own.step(scene.seen, at_rest).score or 0.0)
    assert by_prior == sorted(by_prior)
    assert by_prior[0] < 0.02
    assert by_prior[3] > 0.2
    assert max(by_own) < 0.02


@pytest.mark.parametrize("calm_s", [12, 30])
@pytest.mark.parametrize("held", ["smile", "frown", "squint"])
def test_an_expression_held_for_five_minutes_is_not_neutral(held: str, calm_s: int) -> None:
    end_s = calm_s + 300
    assessor, judged = judge(told(f"calm {calm_s}s, {held} 300s"))
    assert all(a.baseline_known for a in between(judged, calm_s, end_s))
    assert pain_share(judged) == 0.0
    for unit in (ActionUnit.AU04, ActionUnit.AU06, ActionUnit.AU07, ActionUnit.AU12):
        assert resting(assessor, unit) < builders._REST[unit] + 0.15
    after = script("calm 5s, mild_pain 10s", fps=FPS)
    _, later = judge([_shifted(scene, end_s) for scene in after], assessor)
    assert pain_share(between(later, end_s + 8, end_s + 15)) == 1.0
    named = list(later[-1].evidence.aus)
    assert ActionUnit.AU04 in named
    assert ActionUnit.AU12 not in named


@pytest.mark.parametrize("first", ["", "calm 20s, "])
def test_ten_minutes_of_sleep_teach_nothing(first: str) -> None:
    assessor, judged = judge(told(f"{first}sleep 600s, calm 12s, pain 8s"))
    begin_s = 620 if first else 600
    assert pain_share(between(judged, 0, begin_s + 12)) == 0.0
    assert assessor.baseline.lesson_s[Lesson.EYES_CLOSED] > 590
    assert pain_share(between(judged, begin_s + 14, begin_s + 20)) == 1.0


def _shifted(scene: Scene, by_s: float, *, track_id: int = 1, x_px: float = 0.0) -> Scene:
    assert isinstance(scene.seen, FaceObservation)
    assert scene.prediction is not None
    now_s = scene.seen.captured_s + by_s
    seen = replace(scene.seen, captured_s=now_s, track_id=track_id, box=(x_px, 0.0, 100.0, 100.0))
    return Scene(seen=seen, prediction=replace(scene.prediction, captured_s=now_s, track_id=track_id))


def test_a_face_at_another_place_is_another_person_and_begins_with_the_prior() -> None:
    first, second = told("calm 30s", {"AU04": 2.5}), told("mild_pain 10s")
    assessor, judged = judge([*first, *(_shifted(scene, 50, track_id=2, x_px=300) for scene in second)])
    assert [change.reason for change in assessor.baseline_changes] == [
        BaselineReason.LEARNED,
        BaselineReason.ANOTHER_FACE,
    ]
    later = between(judged, 50, 60)
    assert not any(a.baseline_known for a in later)
    assert pain_share(later[8:]) == 1.0


def test_a_face_that_comes_back_where_the_resident_lay_is_the_residents() -> None:
    first, second = told("calm 30s", {"AU04": 2.5}), told("calm 10s", {"AU04": 2.5})
    assessor, judged = judge([*first, *(_shifted(scene, 50, track_id=2, x_px=40) for scene in second)])
    assert [change.reason for change in assessor.baseline_changes] == [BaselineReason.LEARNED]
    assert judged[-1].baseline_known


def test_nobody_takes_over_the_judgement_of_another_persons_pain() -> None:
    first, second = told("calm 20s, pain 10s"), told("calm 5s")
    _, judged = judge([*first, *(_shifted(scene, 30, track_id=2, x_px=300) for scene in second)])
    assert between(judged, 29, 30)[-1].level is Level.PAIN
    assert all(a.level is not Level.PAIN for a in between(judged, 30, 35))


def test_this_is_the_neutral_face_now() -> None:
    assessor = Assessor(prior=PRIOR)
    scenes = told("calm 10s, frown 20s, pain 6s")
    judged = []
    for scene in scenes:
        if scene.seen.captured_s == 15.0:
            assessor.adopt_now("0:15")
        judged.append(assessor.step(scene.seen, scene.prediction))
    adopted = [c for c in assessor.baseline_changes if c.reason is BaselineReason.ADOPTED_MOMENT]
    assert [(c.captured_s, c.detail, c.known) for c in adopted] == [(pytest.approx(15.75), "0:15", True)]
    assert adopted[0].aus[ActionUnit.AU04] == pytest.approx(1.8, abs=0.35)
    assert max(a.score or 0.0 for a in between(judged, 18, 30)) < 0.2
    assert pain_share(between(judged, 32, 36)) == 1.0


def test_reset_and_a_picture_are_recorded_with_the_next_frame() -> None:
    assessor = Assessor(prior=PRIOR)
    assessor.adopt(face("calm", old=True), "rest.jpg")
    _, judged = judge(told("calm 2s"), assessor)
    assert judged[0].baseline_known
    assessor.reset_baseline("someone else")
    assert not assessor.baseline.neutral.known
    judge([_shifted(scene, 2) for scene in told("calm 1s")], assessor)
    assert [(c.reason, c.captured_s, c.detail, c.known) for c in assessor.baseline_changes] == [
        (BaselineReason.ADOPTED_PICTURE, 0.0, "rest.jpg", True),
        (BaselineReason.RESET, 2.0, "someone else", False),
    ]


def test_an_adopted_face_is_the_median_and_leaves_room_for_noise() -> None:
    baseline = Baseline(PRIOR)
    baseline.adopt(face("frown"), face("frown"), face("pain"))
    mean, deviation = baseline.neutral.aus[ActionUnit.AU04]
    assert mean == pytest.approx(1.8, abs=0.1)
    assert deviation == pytest.approx(0.2, abs=0.05)
    with pytest.raises(ValueError, match="at least one frame"):
        baseline.adopt()
