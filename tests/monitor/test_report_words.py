"""Every enumerated value that can reach a person has plain words."""

from __future__ import annotations

import pytest

from monitor import records
from monitor.report import words


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        (records.Level, words.LEVEL),
        (records.AlertCode, words.CODE),
        (records.CannotAssess, words.CANNOT),
        (records.QualityReason, words.QUALITY),
        (records.Priority, words.PRIORITY),
        (records.SampleReason, words.SAMPLE),
        (records.Presence, words.PRESENCE),
        (records.SignalReason, words.SIGNAL),
    ],
)
def test_words_for_every_value(kind: type, table: dict):
    assert set(table) == set(kind)
    assert all("_" not in text for text in table.values())


@pytest.mark.parametrize(
    ("at_s", "text"), [(0, "0:00"), (59.6, "1:00"), (125, "2:05"), (3725, "1:02:05"), (-1, "0:00")]
)
def test_clock(at_s: float, text: str):
    assert words.clock(at_s) == text


@pytest.mark.parametrize(
    ("length_s", "text"), [(12.4, "12 s"), (99, "99 s"), (125, "2 min 5 s"), (120, "2 min"), (3720, "1 h 2 min")]
)
def test_duration(length_s: float, text: str):
    assert words.duration(length_s) == text


def test_targets_and_shares():
    assert words.target("AU04") == "brow lowered (AU04)"
    assert words.target("emotion:fear") == "fear"
    assert words.target("something") == "something"
    assert words.percent(None) == "–"
    assert words.percent(0.456) == "46%"
