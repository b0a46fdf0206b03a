"""A single mesh laid over a blanket does not keep a judgement alive; a face that stays is judged again."""

from __future__ import annotations

import pytest
from builders import PRIOR, script

from monitor.assessor import Assessor, AssessorSettings
from monitor.records import Level


def levels(text: str, fps: float = 10.0) -> list[tuple[float, Level]]:
    assessor = Assessor(AssessorSettings(), PRIOR)
    return [
        (step.seen.captured_s, assessor.step(step.seen, step.prediction, step.explanations).level)
        for step in script(text, fps=fps)
    ]


def test_glimpses_while_covered_do_not_put_off_cannot_assess() -> None:
    told = levels("calm 10s, no_face 1s, calm 0.1s, no_face 0.8s, calm 0.1s, no_face 4s")
    first = next(at for at, level in told if at > 10 and level is Level.UNASSESSABLE)
    assert first <= 12.3


def test_a_face_that_stays_is_judged_again() -> None:
    told = levels("calm 10s, no_face 5s, calm 5s")
    back = next(at for at, level in told if at > 15 and level is Level.NO_PAIN)
    assert back == pytest.approx(15.3, abs=1.3)


def test_short_losses_need_no_regaining() -> None:
    told = levels("calm 10s, no_face 0.3s, calm 3s")
    assert all(level is Level.NO_PAIN for at, level in told if at > 1)
