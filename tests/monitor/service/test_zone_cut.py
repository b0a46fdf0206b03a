"""The part of a picture that a bed gets to see, by hand in slow form."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.service.inference.zone_cut import MARGIN, ZoneCut
from monitor.ward.beds import BedSettings, zone_in_source


def marked(width: int = 200, height: int = 100) -> np.ndarray:
    """Every pixel says where it is: blue its column, green its row."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = np.arange(width)[None, :]
    picture[..., 1] = np.arange(height)[:, None]
    return picture


def test_without_zone_the_whole_picture_is_seen():
    picture = marked()
    assert np.array_equal(ZoneCut(None, 0).pixels(picture), picture)
    assert ZoneCut(None, 90).within((0.1, 0.2, 0.3, 0.4), picture) == (0.1, 0.2, 0.3, 0.4)


def test_the_margin_is_seen_and_nothing_beyond():
    cut = ZoneCut((0.5, 0.0, 0.5, 1.0), 0)
    seen = cut.pixels(marked())
    assert seen.shape == (100, 140, 3)
    assert seen[0, 0, 0] == 200 * (0.5 - MARGIN)
    assert cut.within(cut.zone, marked()) == pytest.approx((40 / 140, 0.0, 100 / 140, 1.0))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_middle_of_the_zone_is_the_same_place_however_the_picture_is_turned(turn: int):
    zone = (0.1, 0.3, 0.4, 0.2)
    x, y, w, h = zone_in_source(BedSettings(source="s", zone=zone, rotate_deg=turn))
    picture = marked()
    expected = picture[round((y + h / 2) * 100), round((x + w / 2) * 200)]
    cut = ZoneCut(zone, turn)
    seen, (cx, cy, cw, ch) = cut.pixels(picture), cut.within(zone, picture)
    found = seen[
        min(round((cy + ch / 2) * seen.shape[0]), seen.shape[0] - 1),
        min(round((cx + cw / 2) * seen.shape[1]), seen.shape[1] - 1),
    ]
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1
    assert seen.flags["C_CONTIGUOUS"]


def test_a_zone_at_the_border_stays_within_the_picture():
    zone = (0.9, 0.95, 0.1, 0.05)
    x, y, w, h = ZoneCut(zone, 0).within(zone, marked(33, 17))
    assert 0 <= x <= x + w <= 1
    assert 0 <= y <= y + h <= 1


def test_another_zone_is_placed_clipped_or_left_out():
    cut = ZoneCut((0.5, 0.0, 0.5, 1.0), 0)  # sees columns 60 to 200
    assert cut.within((0.6, 0.5, 0.2, 0.5), marked()) == pytest.approx((60 / 140, 0.5, 40 / 140, 0.5))
    assert cut.within((0.2, 0.0, 0.2, 1.0), marked()) == pytest.approx((0.0, 0.0, 20 / 140, 1.0))
    assert cut.within((0.0, 0.0, 0.2, 1.0), marked()) is None
