"""Rhythms: what moves when, for every behaviour, as its name says."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.simulations import rhythms
from monitor.simulations.behaviours import BEHAVIOURS
from monitor.simulations.movements import Move
from monitor.simulations.rhythms import bump, ease

TIMES = np.arange(0.0, 20.0, 0.05)


def played(make, seed=3, length_s=20.0):
    rhythm = make(np.random.default_rng(seed), length_s)
    return [rhythm(float(at_s)) for at_s in TIMES]


def strengths(poses, move):
    return np.array([pose.movement.get(move, 0.0) for pose in poses])


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_strengths_stay_in_range_and_a_seed_repeats(name):
    poses, again = (played(BEHAVIOURS[name].rhythm) for _ in range(2))
    assert poses == again
    for pose in poses:
        assert all(-1e-9 <= value <= 1.2 for value in pose.movement.values()), pose


def test_talking_opens_and_closes_the_mouth_at_the_pace_of_syllables():
    jaw = strengths(played(rhythms.talking), Move.JAW)
    peaks = ((jaw[1:-1] > jaw[:-2]) & (jaw[1:-1] >= jaw[2:]) & (jaw[1:-1] > 0.05)).sum()
    assert 2.0 < peaks / 20.0 < 5.0
    assert (jaw < 0.02).mean() > 0.1  # pauses
    assert strengths(played(rhythms.talking), Move.PUCKER).max() > 0.2


def test_chewing_moves_the_chin_once_a_second_behind_nearly_closed_lips():
    poses = played(rhythms.chewing)
    chin = strengths(poses, Move.CHIN)
    strokes = ((chin[:-1] < 0.5) & (chin[1:] >= 0.5)).sum()
    assert 15 <= strokes <= 32
    assert strengths(poses, Move.JAW).max() < 0.15


def test_a_yawn_gapes_with_tight_lids_for_seconds_and_ends():
    poses = played(rhythms.yawning)
    gape, shut = strengths(poses, Move.JAW), strengths(poses, Move.LIDS)
    assert gape.max() >= 0.7
    assert ((gape > 0.5) & (shut > 0.9)).sum() * 0.05 > 2.0
    assert (gape == 0).mean() > 0.2


def test_blinks_are_quick_and_many():
    lids = strengths(played(rhythms.blinking), Move.LIDS)
    assert ((lids[:-1] < 0.5) & (lids[1:] >= 0.5)).sum() > 12
    assert (lids > 0.5).mean() < 0.5


def test_coughs_jerk_the_head_down_with_tight_lids_in_fits():
    poses = played(rhythms.coughing)
    jerk = np.array([pose.shift[1] for pose in poses])
    assert jerk.max() > 0.14
    assert ((jerk[:-1] < 0.1) & (jerk[1:] >= 0.1)).sum() >= 6
    assert strengths(poses, Move.SQUEEZE)[jerk > 0.14].min() > 0.5
    assert (jerk == 0).mean() > 0.3


def test_sleep_is_closed_eyes_alone():
    poses = played(rhythms.sleeping)
    assert strengths(poses, Move.LIDS)[TIMES > 2.0].min() == 1.0
    others = set().union(*(pose.movement for pose in poses)) - {Move.LIDS, Move.JAW}
    assert not others
    assert strengths(poses, Move.JAW).max() <= 0.12


def test_concentration_is_lowered_brows_alone_and_laughter_moves_none():
    assert set().union(*(pose.movement for pose in played(rhythms.concentrating))) == {Move.BROWS_DOWN}
    assert strengths(played(rhythms.concentrating), Move.BROWS_DOWN)[TIMES > 1.0].min() > 0.5
    laughter = played(rhythms.laughing)
    assert strengths(laughter, Move.LAUGH)[TIMES > 1.0].min() > 0.5
    assert strengths(laughter, Move.BROWS_DOWN).max() == 0


def test_surprise_comes_and_goes():
    brows = strengths(played(rhythms.surprised), Move.BROWS_UP)
    assert brows.max() == 1.0
    assert (brows == 0).mean() > 0.2


def test_bumps_and_ease_are_level_at_their_ends():
    assert ease(-1) == 0.0
    assert ease(2) == 1.0
    assert ease(0.5) == 0.5
    assert [bump(at_s, 1.0, 2.0, 1.0) for at_s in (-1.0, 0.0, 1.0, 2.9, 4.0, 9.0)] == [0, 0, 1, 1, 0, 0]
