"""Optimal one-to-one assignment for the handful of faces in a picture. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache


def assign(costs: Sequence[Sequence[float | None]], unmatched: float) -> dict[int, int]:
    """Rows to columns so that the sum of costs is least; a row left over costs ``unmatched``, None cannot be matched.

    Exact, by dynamic programming over the set of used columns: meant for up to a dozen columns.
    """
    if len(costs) == 1 and len(costs[0]) == 1:  # one face that goes on: nearly every picture of a bedside
        only = costs[0][0]
        return {0: 0} if only is not None and only < unmatched else {}

    @cache
    def best(row: int, used: int) -> tuple[float, tuple[tuple[int, int], ...]]:
        if row == len(costs):
            return 0.0, ()
        total, pairs = best(row + 1, used)
        choice = (total + unmatched, pairs)
        for column, cost in enumerate(costs[row]):
            if cost is None or used >> column & 1:
                continue
            total, pairs = best(row + 1, used | 1 << column)
            if total + cost < choice[0]:
                choice = (total + cost, ((row, column), *pairs))
        return choice

    return dict(best(0, 0)[1])
