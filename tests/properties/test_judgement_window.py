"""The window's running sums against sums over all its moments, and no drift however long it runs."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.action_units import ActionUnit
from monitor.judgement import FramePain
from monitor.judgement_window import Moment, Window
from monitor.records import CannotAssess, InvalidRecord

SPAN_S = 3.0
THRESHOLD = 0.425
CLOSE = {"rel": 1e-9, "abs": 1e-9}
UNITS = (ActionUnit.AU04, ActionUnit.AU06, ActionUnit.AU09, ActionUnit.AU43)
EMOTIONS = ("neutral", "happiness", "fear")

share = st.floats(0.0, 1.0)
score = st.just(0.0) | st.floats(1e-26, 1.0)  # what the squashed sum of a frame's points can be, and 0
judged = st.fixed_dictionaries(
    {
        "pain": st.builds(
            FramePain,
            score=score,
            parts=st.just({}),
            rises=st.dictionaries(st.sampled_from(UNITS), st.floats(0.0, 5.0)),
        ),
        "pspi": st.none() | st.floats(0.0, 16.0),
        "emotions": st.fixed_dictionaries(dict.fromkeys(EMOTIONS, share)),
        "distress": st.dictionaries(st.sampled_from(EMOTIONS), share),
    }
)
unjudged = st.fixed_dictionaries({"cause": st.sampled_from(CannotAssess)})
step_s = st.sampled_from((0.0, 0.04, 1 / 30, 0.2, 1.0, 5.0)) | st.floats(1e-6, 2.0)
story = st.lists(st.tuples(step_s, judged | unjudged), min_size=1, max_size=60)


def _moments(steps: list[tuple[float, dict]]) -> list[Moment]:
    at_s, out = 10.0, []
    for passed_s, fields in steps:
        at_s += passed_s
        out.append(Moment(captured_s=at_s, duration_s=min(passed_s, 1.0), **fields))
    return out


def _mean(weighted: list[tuple[float, Mapping]]) -> dict:
    total = sum(weight for weight, _ in weighted)
    keys = dict.fromkeys(key for _, values in weighted for key in values)
    return {key: sum(w * values.get(key, 0.0) for w, values in weighted) / total for key in keys} if total > 0 else {}


class SlowWindow:
    """All sums anew over all moments, as they are defined."""

    def __init__(self, moments: list[Moment]) -> None:
        self.began_s = moments[0].captured_s - moments[0].duration_s
        last_s = moments[-1].captured_s
        self.elapsed_s = last_s - self.began_s
        self.all = [m for m in moments if m.captured_s > last_s - SPAN_S]
        self.judged = [m for m in self.all if m.pain is not None]

    def coverage(self) -> float:
        return min(1.0, sum(m.duration_s for m in self.judged) / max(min(SPAN_S, self.elapsed_s), 1e-9))

    def pspi(self) -> float | None:
        known = [m.pspi for m in self.all if m.pspi is not None]
        return median(known) if known else None

    def rises(self) -> dict:
        return _mean([(m.duration_s * m.pain.score, m.pain.rises) for m in self.judged])

    def agreement(self, in_pain: bool) -> float:
        total = sum(m.duration_s for m in self.judged)
        agreed = sum(m.duration_s for m in self.judged if (m.pain.score >= THRESHOLD) == in_pain)
        return agreed / total if total > 0 else 0.0


@settings(max_examples=60, deadline=None)
@given(story)
def test_running_sums_are_the_sums_over_all_moments(steps: list[tuple[float, dict]]):
    moments = _moments(steps)
    window = Window(SPAN_S, THRESHOLD)
    for count, moment in enumerate(moments, start=1):
        window.push(moment)
        slow = SlowWindow(moments[:count])
        assert window.coverage == pytest.approx(slow.coverage(), **CLOSE)
        assert window.pspi == slow.pspi()
        assert window.emotions() == pytest.approx(_mean([(m.duration_s, m.emotions) for m in slow.judged]), **CLOSE)
        assert window.distress() == pytest.approx(_mean([(m.duration_s, m.distress) for m in slow.judged]), **CLOSE)
        assert window.rises(0.0) == pytest.approx(slow.rises(), **CLOSE)
        for in_pain in (True, False):
            assert window.agreement(in_pain) == pytest.approx(slow.agreement(in_pain), **CLOSE)


def _moment(number: int, share: float) -> Moment:
    return Moment(
        captured_s=number * 0.04,
        duration_s=0.04,
        pain=FramePain(score=share, parts={}, rises={ActionUnit.AU04: 5.0 * share}),
        pspi=16.0 * share,
        emotions={"fear": share},
        distress={"fear": share},
    )


def test_a_long_run_leaves_no_trace():
    """After ten minutes of other frames a window holds, to the last bit, what a new one does."""
    old, new = Window(SPAN_S, THRESHOLD), Window(SPAN_S, THRESHOLD)
    total = 10 * 60 * 25
    for number in range(total):
        old.push(_moment(number, (number * 0.6180339887) % 1.0))
    for number in range(total, total + 80):
        for window in (old, new):
            window.push(_moment(number, 0.1 + 1e-7 * (number % 7)))
    assert (old.emotions(), old.distress(), old.rises(0.0)) == (new.emotions(), new.distress(), new.rises(0.0))
    assert (old.pspi, old.agreement(False)) == (new.pspi, new.agreement(False))


def test_rises_are_sorted_and_the_small_ones_left_out():
    window = Window(SPAN_S, THRESHOLD)
    rises = {ActionUnit.AU04: 0.2, ActionUnit.AU06: 1.0, ActionUnit.AU09: 2.0}
    window.push(Moment(captured_s=0.0, duration_s=0.04, pain=FramePain(score=0.5, parts={}, rises=rises)))
    assert list(window.rises(0.3)) == [ActionUnit.AU09, ActionUnit.AU06]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float):
    window = Window(SPAN_S, THRESHOLD)
    pain = FramePain(score=0.5, parts={}, rises={})
    with pytest.raises(InvalidRecord, match="cannot be averaged"):
        window.push(Moment(captured_s=0.0, duration_s=0.04, pain=pain, emotions={"fear": value}))
