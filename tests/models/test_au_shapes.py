"""Mixtures of expression shapes and the labels they deserve."""

from __future__ import annotations

import numpy as np
import pytest

from models.spec import AUS
from models.training.au_shapes import CONFUSERS, SHAPES, draw_expression, labels_of, shapes_of


def label(unit: str, strength: dict[str, float], parted: float = 0.0) -> tuple[float, float]:
    values, weights = labels_of(strength, parted, (0.0, 0.0))
    return values[AUS.index(unit)], weights[AUS.index(unit)]


def test_every_unit_has_shapes_and_no_confuser_is_an_output() -> None:
    assert {*SHAPES, "AU43"} == set(AUS)
    assert not set(CONFUSERS) & set(AUS)


def test_twice_the_strength_is_twice_the_shape_and_sides_differ() -> None:
    weak, strong = shapes_of({"AU12": 2.0}), shapes_of({"AU12": 4.0}, (1.2, 0.8))
    assert strong["mouthSmile_L"] == pytest.approx(2 * 1.2 * weak["mouthSmile_L"])
    assert strong["mouthSmile_R"] == pytest.approx(2 * 0.8 * weak["mouthSmile_R"])
    assert not any(shapes_of({}).values())


def test_a_squint_never_closes_the_lids_further_than_a_blink() -> None:
    assert shapes_of({"AU07": 5.0, "AU43": 1.0})["eyeBlink_L"] == pytest.approx(1.0)


def test_a_stretched_mouth_hangs_as_far_as_the_jaw_drops() -> None:
    dropped, stretched = shapes_of({"AU26": 5.0})["jawOpen"], shapes_of({"AU27": 5.0})["jawOpen"]
    assert stretched > 1.5 * dropped
    assert shapes_of({"AU26": 5.0, "AU27": 5.0})["jawOpen"] == pytest.approx(stretched)


def test_half_closed_lids_are_not_labelled() -> None:
    assert label("AU43", {"AU43": 1.0}) == (1.0, 1.0)
    assert label("AU43", {"AU43": 0.1}) == (0.0, 1.0)
    assert label("AU43", {"AU43": 0.6})[1] == 0.0


def test_a_sneer_lifts_the_lip_and_is_trusted_less_there() -> None:
    lifted, trust = label("AU10", {"AU09": 4.0})
    assert 0 < lifted < 4
    assert trust < 1 == label("AU10", {"AU10": 4.0})[1]
    assert label("AU04", {"AU04": 3.0})[1] < 1


def test_lips_and_jaw_are_what_was_measured() -> None:
    values, _ = labels_of({"AU25": 5.0, "AU26": 4.0}, 2.5, (1.5, 0.5))
    assert [values[AUS.index(unit)] for unit in ("AU25", "AU26", "AU27")] == [2.5, 1.5, 0.5]


def test_drawn_expressions_show_every_unit_in_range(rng: np.random.Generator) -> None:
    drawn = [draw_expression(rng) for _ in range(400)]
    for unit in AUS:
        levels = [strength[unit] for strength in drawn if unit in strength]
        assert len(levels) > 10, unit
        assert min(levels) >= 0, unit
        assert max(levels) <= (1 if unit == "AU43" else 5), unit
    assert set(CONFUSERS) <= {unit for strength in drawn for unit in strength}
