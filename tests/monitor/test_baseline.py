"""The neutral face learned online: robust, blended with the prior, kept across restarts."""

from __future__ import annotations

import pytest
from builders import PRIOR, face, script

from models.action_units import ActionUnit
from monitor.baseline import Baseline, Lesson
from monitor.errors import InputError


def learned(story: str, *, old: bool = False, baseline: Baseline | None = None) -> Baseline:
    baseline = baseline or Baseline(PRIOR)
    for scene in script(story, old=old):
        if scene.prediction is not None:
            baseline.learn(scene.prediction, 0.1)
    return baseline


def brow(baseline: Baseline) -> float:
    return baseline.neutral.aus[ActionUnit.AU04][0]


def test_the_prior_judges_until_the_own_face_is_known() -> None:
    baseline = Baseline(PRIOR)
    assert baseline.neutral.aus[ActionUnit.AU04] == PRIOR["AU04"]
    assert not baseline.neutral.known
    learned("calm 5s", old=True, baseline=baseline)
    assert 0.4 < brow(baseline) < 1.2
    assert not baseline.neutral.known
    learned("calm 6s", old=True, baseline=baseline)
    assert baseline.neutral.known
    assert brow(baseline) == pytest.approx(1.25, abs=0.15)


@pytest.mark.parametrize("held", ["pain", "mild_pain", "frown", "laugh"])
def test_a_minute_of_a_held_expression_is_not_absorbed(held: str) -> None:
    before = learned("calm 30s")
    neutral = before.neutral.aus
    after = learned(f"{held} 60s", baseline=before).neutral.aus
    assert after[ActionUnit.AU04][0] == pytest.approx(neutral[ActionUnit.AU04][0], abs=0.15)
    assert after[ActionUnit.AU06][0] == pytest.approx(neutral[ActionUnit.AU06][0], abs=0.15)


@pytest.mark.parametrize("first", ["pain", "laugh", "sleep"])
def test_an_expression_at_the_beginning_teaches_nothing(first: str) -> None:
    baseline = learned(f"{first} 30s")
    assert not baseline.neutral.known
    learned("calm 20s", baseline=baseline)
    assert baseline.neutral.known
    assert brow(baseline) < 0.5


def test_a_lasting_change_is_learned_in_the_end() -> None:
    baseline = learned("calm 30s")
    learned("frown 900s", baseline=baseline)
    assert brow(baseline) > 1.0


def test_lessons_say_why() -> None:
    baseline = learned("calm 20s")
    lessons = {name: baseline.learn(face(name), 0.0) for name in ("calm", "pain", "laugh", "sleep", "frown")}
    assert lessons == {
        "calm": Lesson.CALM,
        "pain": Lesson.IN_PAIN,
        "laugh": Lesson.EMOTIONAL,
        "sleep": Lesson.EYES_CLOSED,
        "frown": Lesson.DOUBTFUL,
    }


def test_it_survives_a_restart() -> None:
    baseline = learned("calm 20s", old=True)
    text = baseline.to_json()
    again = Baseline.from_json(text, PRIOR)
    assert again.neutral.known
    assert again.to_json() == text
    for unit, (mean, deviation) in baseline.neutral.aus.items():
        assert again.neutral.aus[unit] == (pytest.approx(mean, abs=0.1), pytest.approx(deviation, abs=0.1))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"format": "other", "calm_s": 1, "seconds": {}}',
        '{"format": "vigil-baseline-1", "calm_s": -1, "seconds": {}}',
        '{"format": "vigil-baseline-1", "calm_s": 1, "seconds": {"AU04": [1, 2]}}',
        '{"format": "vigil-baseline-1", "calm_s": 1, "seconds": []}',
    ],
)
def test_a_broken_file_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not a saved neutral face"):
        Baseline.from_json(text, PRIOR)


def test_adopt_and_reset() -> None:
    baseline = learned("calm 20s")
    baseline.adopt(face("frown"))
    assert baseline.neutral.known
    assert brow(baseline) == pytest.approx(1.8, abs=0.1)
    baseline.reset()
    assert not baseline.neutral.known
    assert brow(baseline) == PRIOR["AU04"][0]
