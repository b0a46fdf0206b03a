"""Pauses between attempts: 1 to 5 s, doubling, with jitter, and begun anew after good times."""

from __future__ import annotations

import random

import pytest

from monitor.capture.backoff import HEALTHY_AFTER_S, Backoff
from monitor.ward.sources import CaptureSettings

SETTINGS = CaptureSettings(backoff_jitter=0.0)


def middle() -> float:
    return 0.5


def test_it_doubles_up_to_the_longest():
    backoff = Backoff(middle)
    assert [backoff.ended(SETTINGS, 0.0, stuck=False) for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_good_run_begins_anew_and_a_short_one_does_not():
    backoff = Backoff(middle)
    for _ in range(4):
        backoff.ended(SETTINGS, HEALTHY_AFTER_S - 1, stuck=False)
    assert backoff.ended(SETTINGS, 1.0, stuck=False) == 5.0
    assert backoff.ended(SETTINGS, HEALTHY_AFTER_S, stuck=False) == 1.0


def test_a_stuck_run_has_waited_enough():
    backoff = Backoff(middle)
    assert [backoff.ended(SETTINGS, 0.0, stuck=True) for _ in range(3)] == [1.0] * 3


def test_a_thousand_failures_are_no_overflow():
    backoff = Backoff(middle)
    assert [backoff.ended(SETTINGS, 0.0, stuck=False) for _ in range(2000)][-1] == 5.0


def test_cameras_do_not_come_back_all_at_once():
    chance = random.Random(7)
    pauses = [Backoff(chance.random).ended(CaptureSettings(), 0.0, stuck=False) for _ in range(50)]
    assert min(pauses) >= 0.8
    assert max(pauses) <= 1.2
    assert max(pauses) - min(pauses) > 0.2


@pytest.mark.parametrize("jitter", [0.0, 0.2, 1.0])
def test_a_pause_is_never_negative(jitter: float):
    backoff = Backoff(lambda: 0.0)
    assert backoff.ended(CaptureSettings(backoff_jitter=jitter), 0.0, stuck=False) >= 0.0
