"""Stable numbers for faces across short losses and crossings, from their boxes alone. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.face.assignment import assign
from monitor.face.geometry import Box, centre_of, overlap, size_of

_VELOCITY_MEMORY_S = 0.15
_COAST_S = 0.7
"""A lost face is thought to go on moving for this long, then to rest."""
_REACH = 1.0
_REACH_PER_S = 2.0
_MOST_REACH = 3.0
"""How far from where it should be a face may turn up, in face sizes: at once, more per second lost, at most."""
_FOLLOWED_BONUS = 0.4
"""What it counts that the landmarker followed this face from the last picture."""
_UNMATCHED = 5.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """A face in the present picture; ``followed`` names the track whose landmarker found it, None for a search."""

    box: Box
    followed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One face through time; ``velocity`` in px/s, ``box`` where it was seen last at ``seen_s``."""

    track_id: int
    box: Box
    seen_s: float
    velocity: tuple[float, float] = (0.0, 0.0)

    def expected(self, now_s: float) -> Box:
        """Where the face should be now."""
        lost_s = min(max(now_s - self.seen_s, 0.0), _COAST_S)
        return (
            self.box[0] + self.velocity[0] * lost_s,
            self.box[1] + self.velocity[1] * lost_s,
            self.box[2],
            self.box[3],
        )

    def moved_to(self, box: Box, now_s: float) -> Track:
        """The track after it was seen in ``box``; the velocity is smoothed, and stands still after a long loss."""
        passed_s = now_s - self.seen_s
        if passed_s <= 0:
            return replace(self, box=box, seen_s=now_s)
        (ax, ay), (bx, by) = centre_of(self.box), centre_of(box)
        if passed_s > _COAST_S:
            return replace(self, box=box, seen_s=now_s, velocity=(0.0, 0.0))
        share = 1.0 - math.exp(-passed_s / _VELOCITY_MEMORY_S)
        return Track(
            track_id=self.track_id,
            box=box,
            seen_s=now_s,
            velocity=(
                self.velocity[0] + share * ((bx - ax) / passed_s - self.velocity[0]),
                self.velocity[1] + share * ((by - ay) / passed_s - self.velocity[1]),
            ),
        )


def mismatch(track: Track, box: Box, now_s: float) -> float | None:
    """How badly a face in ``box`` continues the track: distance and change of size in face sizes, plus 1 − overlap.

    None when it is out of reach.
    """
    expected = track.expected(now_s)
    size = max(size_of(expected), 1.0)
    (ax, ay), (bx, by) = centre_of(expected), centre_of(box)
    distance = math.hypot(bx - ax, by - ay) / size
    growth = abs(math.log(max(size_of(box), 1.0) / size))
    reach = min(_REACH + _REACH_PER_S * max(now_s - track.seen_s, 0.0), _MOST_REACH)
    if distance > reach or growth > 0.7:
        return None
    return distance + growth + 1.0 - overlap(expected, box)


class Tracks:
    """The tracks of one source. Forgets a face that has not been seen for ``keep_s``."""

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._next_id = 1
        self._tracks: dict[int, Track] = {}

    @property
    def known(self) -> dict[int, Track]:
        """Tracks by number, the lost but not yet forgotten ones included."""
        return dict(self._tracks)

    def step(self, sightings: Sequence[Sighting], now_s: float) -> list[int]:
        """The track number of each sighting; new faces get new numbers."""
        self._tracks = {n: track for n, track in self._tracks.items() if now_s - track.seen_s <= self._keep_s}
        numbers = sorted(self._tracks)
        costs = [[self._cost(self._tracks[number], sighting, now_s) for sighting in sightings] for number in numbers]
        given = {column: numbers[row] for row, column in assign(costs, _UNMATCHED).items()}
        out: list[int] = []
        for column, sighting in enumerate(sightings):
            number = given.get(column)
            if number is None:
                number, self._next_id = self._next_id, self._next_id + 1
                self._tracks[number] = Track(track_id=number, box=sighting.box, seen_s=now_s)
            else:
                self._tracks[number] = self._tracks[number].moved_to(sighting.box, now_s)
            out.append(number)
        return out

    @staticmethod
    def _cost(track: Track, sighting: Sighting, now_s: float) -> float | None:
        cost = mismatch(track, sighting.box, now_s)
        if cost is None or sighting.followed != track.track_id:
            return cost
        return cost - _FOLLOWED_BONUS
