"""Whose turn it is, and how many beds go together within the latency budget. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_SHARE = 0.6
"""Share of the budget that a round may take: a picture is up to one camera interval old when its round begins."""
_MEMORY = 0.9


class Rota:
    """Learns what a bed costs and gives every bed its turn; those that have waited longest go first."""

    def __init__(self, budget_s: float) -> None:
        self._budget_s = budget_s
        self._cost_s: float | None = None
        self._served: dict[str, int] = {}
        self._round = 0

    @property
    def most(self) -> int:
        """How many beds may go together now."""
        return 1 << 30 if not self._cost_s else max(1, int(_SHARE * self._budget_s / self._cost_s))

    def choose(self, ready: Sequence[str]) -> list[str]:
        """Who of ``ready`` goes now, in the order of their names' first coming."""
        waiting = sorted(ready, key=lambda bed: self._served.get(bed, 0))
        chosen = set(waiting[: self.most])
        self._round += 1
        for bed in chosen:
            self._served[bed] = self._round
        return [bed for bed in ready if bed in chosen]

    def spent(self, beds: int, seconds: float) -> None:
        """A round of ``beds`` took ``seconds``."""
        if beds:
            cost_s = seconds / beds
            self._cost_s = cost_s if self._cost_s is None else _MEMORY * self._cost_s + (1.0 - _MEMORY) * cost_s

    def forget(self, beds: Mapping[str, object]) -> None:
        """Keep only those of ``beds``."""
        self._served = {bed: turn for bed, turn in self._served.items() if bed in beds}
