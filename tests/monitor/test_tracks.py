"""Track numbers as stories of boxes; the assignment against trying everything."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.face.assignment import assign
from monitor.face.tracks import Sighting, Tracks


def box(x: float, y: float = 100.0, size: float = 100.0) -> tuple[float, float, float, float]:
    return (x - size / 2, y - size / 2, size, size)


@given(
    st.integers(0, 4).flatmap(
        lambda columns: st.lists(
            st.lists(st.one_of(st.none(), st.floats(0, 9)), min_size=columns, max_size=columns), max_size=4
        )
    )
)
def test_assignment_is_the_cheapest_of_all(costs):
    pairs = assign(costs, 5.0)
    assert len(set(pairs.values())) == len(pairs)
    assert all(costs[row][column] is not None for row, column in pairs.items())
    columns = range(len(costs[0]) if costs else 0)
    ways = itertools.product([None, *columns], repeat=len(costs))
    totals = [
        sum(5.0 if column is None else costs[row][column] for row, column in enumerate(way))
        for way in ways
        if len({c for c in way if c is not None}) == sum(c is not None for c in way)
        and all(column is None or costs[row][column] is not None for row, column in enumerate(way))
    ]
    total = sum(5.0 if row not in pairs else costs[row][pairs[row]] for row in range(len(costs)))
    assert total == pytest.approx(min(totals))


def test_order_of_sightings_does_not_matter():
    tracks = Tracks(3.0)
    assert tracks.step([Sighting(box(100)), Sighting(box(500))], 0.0) == [1, 2]
    assert tracks.step([Sighting(box(505)), Sighting(box(103))], 0.03) == [2, 1]


def test_a_lost_face_comes_back_with_its_number():
    tracks = Tracks(3.0)
    tracks.step([Sighting(box(100))], 0.0)
    assert tracks.step([], 1.0) == []
    assert tracks.step([Sighting(box(130))], 2.0) == [1]


def test_a_face_gone_too_long_is_a_new_one():
    tracks = Tracks(3.0)
    tracks.step([Sighting(box(100))], 0.0)
    assert tracks.step([Sighting(box(100))], 3.5) == [2]


def test_a_face_elsewhere_or_of_another_size_is_a_new_one():
    tracks = Tracks(3.0)
    tracks.step([Sighting(box(100))], 0.0)
    assert tracks.step([Sighting(box(400))], 0.03) == [2]
    assert tracks.step([Sighting(box(400, size=250))], 0.06) == [3]


@pytest.mark.parametrize("hidden", [0.0, 0.4])
def test_faces_that_cross_keep_their_numbers_by_their_motion(hidden):
    """Two like faces walk through each other; around the meeting the one behind is not seen."""
    tracks = Tracks(3.0)
    last: dict[str, int] = {}
    for step in range(60):
        now_s = step / 30
        left, right = 100 + 400 * now_s, 900 - 400 * now_s
        sightings = {"rightward": Sighting(box(left))}
        if abs(left - right) >= hidden * 400:
            sightings["leftward"] = Sighting(box(right, 110))
        numbers = tracks.step(list(sightings.values()), now_s)
        last.update(dict(zip(sightings, numbers, strict=True)))
    assert last == {"rightward": 1, "leftward": 2}


def test_a_landmarker_that_jumped_to_the_neighbour_does_not_take_its_number_along():
    tracks = Tracks(3.0)
    tracks.step([Sighting(box(100)), Sighting(box(180))], 0.0)
    assert tracks.step([Sighting(box(181), followed=1)], 0.03) == [2]
