"""The neutral face in ``summary.json`` and in the report's words."""

from __future__ import annotations

import json

import pytest
from builders import PRIOR, script
from jinja2 import Environment, PackageLoader, StrictUndefined

from monitor.assessor import Assessor
from monitor.baseline import Lesson
from monitor.baseline_change import BaselineReason
from monitor.report import words
from monitor.report.neutral_face import CHANGE, LESSON, baseline_summary, section


def summary(story: str, *, old: bool = False) -> dict:
    assessor = Assessor(prior=PRIOR)
    for scene in script(story, fps=4.0, old=old):
        assessor.step(scene.seen, scene.prediction)
    made = baseline_summary(assessor.baseline, assessor.baseline_changes)
    return json.loads(json.dumps(made))


def page(baseline: dict) -> str:
    environment = Environment(loader=PackageLoader("monitor.report"), autoescape=True, undefined=StrictUndefined)
    environment.filters |= {"clock": words.clock, "duration": words.duration, "percent": words.percent}
    return environment.get_template("neutral_face.html.j2").render(neutral_face=section(baseline))


def test_every_lesson_and_change_has_words() -> None:
    assert set(LESSON) == set(Lesson)
    assert set(CHANGE) == set(BaselineReason)


def test_the_summary_of_a_known_face() -> None:
    found = summary("calm 30s, pain 8s, calm 4s, laugh 8s", old=True)
    assert found["known"]
    assert found["known_since_s"] == pytest.approx(9, abs=1)
    assert found["own"]["AU04"]["mean"] == pytest.approx(1.25, abs=0.15)
    assert found["prior"]["AU04"]["mean"] == PRIOR["AU04"][0]
    assert sum(entry["share"] for entry in found["lessons"].values()) == pytest.approx(1.0)
    assert found["lessons"]["in_pain"]["seconds"] == pytest.approx(8, abs=2.5)
    assert found["lessons"]["emotional"]["seconds"] == pytest.approx(8, abs=1.5)
    assert [change["reason"] for change in found["changes"]] == ["learned"]
    text = page(found)
    assert "Since 0:09 this face was judged against its own neutral look" in text
    assert "frowns at rest" in text
    assert "brow lowered (AU04)" in text
    assert "pain, or close to it: not learned" in text


def test_a_face_in_pain_all_the_time_is_not_known_and_the_report_says_so() -> None:
    found = summary("pain 30s")
    assert not found["known"]
    assert found["known_since_s"] is None
    assert found["own"] == {}
    text = page(found)
    assert "judged against other people" in text
    assert "own is not known" in text
    assert "frowns at rest" not in text


def test_a_glimpse_of_calm_is_called_too_little() -> None:
    found = summary("calm 5s")
    assert 0.0 < found["own_share"] < 1.0
    assert "too little" in page(found)
    assert found["own"]["AU04"]["mean"] < 0.35  # the own value, not the blend with the prior's 0.4


def test_no_face_at_all_teaches_nothing() -> None:
    found = summary("no_face 5s")
    assert found["lessons"] == {}
    assert found["judged_s"] == 0.0
    assert "No calm face" in page(found)


def test_an_older_summary_has_no_section() -> None:
    assert section(None) is None
