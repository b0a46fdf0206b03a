"""The written script: what is asked for, when, and how it comes and goes."""

from __future__ import annotations

import itertools
import json

import pytest

from monitor.demo.script import ONSET_S, Act, Script, written_script


def test_the_script_is_the_one_that_was_agreed():
    parts = [(part.act.value, part.end_s - part.start_s) for part in written_script().parts]
    assert parts == [
        ("neutral", 20),
        ("grimace", 25),
        ("neutral", 10),
        ("laugh", 20),
        ("covered", 12),
        ("grimace", 25),
        ("turned_away", 10),
    ]
    assert written_script().duration_s == 122.0


def test_parts_follow_one_another():
    parts = written_script().parts
    assert parts[0].start_s == 0
    assert all(before.end_s == after.start_s for before, after in itertools.pairwise(parts))


def test_an_act_comes_within_the_onset_and_goes_after_its_end():
    script = written_script()
    assert script.strength(Act.GRIMACE, 20.0) == 0.0
    assert script.strength(Act.GRIMACE, 20.0 + ONSET_S) == pytest.approx(1.0)
    assert script.strength(Act.GRIMACE, 44.9) == pytest.approx(1.0)
    assert script.strength(Act.GRIMACE, 45.0 + ONSET_S) == pytest.approx(0.0)
    rising = [script.strength(Act.GRIMACE, 20.0 + step * 0.05) for step in range(15)]
    assert rising == sorted(rising)


def test_an_act_that_is_not_in_the_script_never_comes():
    assert written_script(((Act.NEUTRAL, 5.0),)).strength(Act.LAUGH, 2.0) == 0.0


def test_the_act_at_a_moment():
    script = written_script()
    assert [script.act_at(at_s) for at_s in (0, 19.99, 20, 54.9, 55, 75, 87, 112, 999)] == [
        Act.NEUTRAL,
        Act.NEUTRAL,
        Act.GRIMACE,
        Act.NEUTRAL,
        Act.LAUGH,
        Act.COVERED,
        Act.GRIMACE,
        Act.TURNED_AWAY,
        Act.TURNED_AWAY,
    ]


def test_the_script_survives_json():
    script = written_script()
    assert Script.from_json(json.loads(json.dumps(script.as_json()))) == script
