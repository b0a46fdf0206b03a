"""Weighted means over a sliding window that are added to and taken from for ever without drifting. Pure.

Sums of floats keep the rounding of everything that ever passed through. Here a number counts in whole steps of 2⁻²⁰⁰:
what was added can be taken away without a trace, and a mean is the same however it came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from monitor.records import InvalidRecord

K = TypeVar("K")

_STEPS = 2.0**200
"""Numbers from 2⁻¹⁴⁷ on are held exactly: a frame's pain squashed to 10⁻²⁶ still weighs in full."""


def whole(value: float) -> int:
    """``value`` in whole steps; InvalidRecord when it is infinite or not a number."""
    try:
        return int(value * _STEPS)
    except (ValueError, OverflowError) as error:
        raise InvalidRecord(f"{value} cannot be averaged") from error


@dataclass(frozen=True, slots=True)
class Share(Generic[K]):
    """What one mapping added, in whole steps."""

    weight: int
    parts: tuple[tuple[K, int], ...]


class RunningMeans(Generic[K]):
    """Weighted mean per key over the mappings that are in; a key missing from a mapping counts as 0 there."""

    def __init__(self) -> None:
        self._weight = 0
        self._sums: dict[K, int] = {}
        self._holders: dict[K, int] = {}

    def add(self, weight: float, values: Mapping[K, float]) -> Share[K]:
        """Put a mapping in; ``take_away`` wants what is returned. InvalidRecord for what is not finite."""
        share = Share(whole(weight), tuple([(key, whole(weight * value)) for key, value in values.items()]))
        sums, holders = self._sums, self._holders
        self._weight += share.weight
        for key, part in share.parts:
            sums[key] = sums.get(key, 0) + part
            holders[key] = holders.get(key, 0) + 1
        return share

    def take_away(self, share: Share[K]) -> None:
        """Take a mapping out again; keys that no mapping has any more are forgotten."""
        sums, holders = self._sums, self._holders
        self._weight -= share.weight
        for key, part in share.parts:
            if holders[key] == 1:
                del sums[key], holders[key]
            else:
                sums[key] -= part
                holders[key] -= 1

    def means(self) -> dict[K, float]:
        """Weighted mean per key; empty while nothing that weighs anything is in."""
        weight = self._weight
        return {key: total / weight for key, total in self._sums.items()} if weight > 0 else {}
