"""No more pictures a second than asked, evenly, and every drop with its cause."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from monitor.capture.pace import Pace


def taken(pace: Pace, fps: float, seconds: float, jitter: float = 0.0, begin_s: float = 0.0) -> list[float]:
    chance = random.Random(1)
    times = [begin_s + (number + chance.uniform(-jitter, jitter)) / fps for number in range(int(fps * seconds))]
    return [at_s for at_s in sorted(times) if pace.due(at_s)]


@pytest.mark.parametrize("fps", [20.0, 25.0, 29.97, 60.0])
def test_a_fast_camera_is_slowed_down_evenly(fps: float):
    pace = Pace(15.0)
    found = taken(pace, fps, 20)
    assert len(found) == pytest.approx(15 * 20, abs=3)
    assert max(later - earlier for earlier, later in pairwise(found)) < 2.1 / 15
    assert pace.dropped == {"max_fps": int(fps * 20) - len(found)}


def test_a_camera_of_just_that_rate_loses_next_to_nothing_though_it_is_not_punctual():
    assert len(taken(Pace(15.0), 15.0, 60, jitter=0.4)) >= 0.97 * 15 * 60


def test_slow_rates_and_pauses():
    pace = Pace(0.5)
    assert len(taken(pace, 10, 20)) <= 0.5 * 20 + 2
    assert len(taken(pace, 10, 1, begin_s=1000.0)) <= 3  # a long silence saves up a burst of two, not a flood


def test_it_changes_on_the_way_and_counts_on():
    pace = Pace(5.0)
    first = len(taken(pace, 30, 10))
    pace.change(30.0)
    assert len(taken(pace, 30, 10, begin_s=10.0)) >= 290
    pace.damaged(20.5)
    pace.drop("late", 3)
    pace.drop("late", 0)
    assert pace.dropped == {"max_fps": pytest.approx(300 - first, abs=12), "damaged": 1, "late": 3}
    assert pace.arrived == (601, 20.5)
