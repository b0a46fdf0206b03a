"""Which of the faces is the resident's: by a configured zone, or by persistence and size, with hysteresis. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from monitor.face.geometry import Box, centre_of, size_of
from monitor.face.settings import FaceSettings, Zone

_LONGEST_STEP_S = 1.5
"""Longer pauses between two sightings count as this much of presence."""
_TOWERS = 2.0
"""How many times more persistence × area a newcomer needs to be preferred to a resident who is in the picture."""
_HOME_REACH = 1.0
_HOME_GROWTH = 0.5
"""A face counts as lying where the resident lay within this many face sizes and this change of (log) size."""


@dataclass(slots=True)
class _Presence:
    seen_s: float = 0.0
    last_s: float = 0.0
    ahead_s: float = 0.0
    since_away_s: float = 0.0


def in_zone(box: Box, zone: Zone, width: int, height: int) -> bool:
    """Whether the centre of a face lies in a zone given in shares of the frame."""
    x, y = centre_of(box)
    return zone[0] <= x / width <= zone[0] + zone[2] and zone[1] <= y / height <= zone[1] + zone[3]


class ResidentChoice:
    """Remembers who the resident is; ``step`` once per picture.

    The first face is taken at once. After that the resident stays the resident, and a face that turns up where the
    resident lay, while the resident is out of sight, is the resident's again. Anyone else takes over only

    - when the resident has been away for ``absent_s`` and the newcomer was seen for ``takeover_s`` since (or each as
      long as the resident was ever seen: a fleeting first face does not bind), or
    - when for ``takeover_s`` the newcomer's persistence × area was twice the present resident's.
    """

    def __init__(self, settings: FaceSettings) -> None:
        self._settings = settings
        self._presence: dict[int, _Presence] = {}
        self._resident: int | None = None
        self._home: Box | None = None

    def step(self, faces: Mapping[int, Box], now_s: float, width: int, height: int) -> int | None:
        """The resident's track number among ``faces`` (track number → box px), None when not among them."""
        zone = self._settings.zone
        eligible = {n: box for n, box in faces.items() if zone is None or in_zone(box, zone, width, height)}
        resident_here = self._resident in eligible
        for number in eligible:
            presence = self._presence.setdefault(number, _Presence(last_s=now_s))
            step_s = max(now_s - presence.last_s, 0.0)
            presence.seen_s += min(step_s, _LONGEST_STEP_S)
            presence.last_s = now_s
            presence.since_away_s = 0.0 if resident_here else presence.since_away_s + min(step_s, _LONGEST_STEP_S)
            presence.ahead_s = presence.ahead_s + step_s if self._is_ahead(number, eligible) else 0.0
        self._presence = {
            n: p
            for n, p in self._presence.items()
            if n == self._resident or now_s - p.last_s <= self._settings.keep_track_s
        }
        self._choose(eligible, now_s)
        if self._resident in eligible:
            self._home = eligible[self._resident]
            return self._resident
        return None

    def _choose(self, eligible: Mapping[int, Box], now_s: float) -> None:
        if not eligible:
            return
        order = sorted(eligible, key=lambda n: (-self._weight(n, eligible[n]), -size_of(eligible[n]), n))
        if self._resident is None:
            self._resident = order[0]
            return
        if self._resident in eligible:
            ahead = [n for n in order if self._presence[n].ahead_s >= self._settings.takeover_s]
            self._resident = ahead[0] if ahead else self._resident
            return
        resident = self._presence[self._resident]
        at_home = [n for n in order if self._at_home(eligible[n])]
        if at_home:
            self._presence[at_home[0]].seen_s += resident.seen_s
            self._resident = at_home[0]
        elif now_s - resident.last_s >= min(self._settings.absent_s, resident.seen_s):
            needed_s = min(self._settings.takeover_s, resident.seen_s)
            stayed = [n for n in order if self._presence[n].since_away_s >= needed_s]
            self._resident = stayed[0] if stayed else self._resident

    def _is_ahead(self, number: int, eligible: Mapping[int, Box]) -> bool:
        if self._resident is None or number == self._resident or self._resident not in eligible:
            return False
        rival = self._weight(self._resident, eligible[self._resident])
        return self._weight(number, eligible[number]) > _TOWERS * rival

    def _weight(self, number: int, box: Box) -> float:
        return self._presence[number].seen_s * size_of(box) ** 2

    def _at_home(self, box: Box) -> bool:
        if self._home is None:
            return False
        (ax, ay), (bx, by) = centre_of(self._home), centre_of(box)
        size = max(size_of(self._home), 1.0)
        near = math.hypot(bx - ax, by - ay) <= _HOME_REACH * size
        return near and abs(math.log(max(size_of(box), 1.0) / size)) <= _HOME_GROWTH
