"""Which alerts of pain still wait for the evidence that is kept with them. Pure but for what it keeps.

An explanation may be late (the explainer starts, or explains other beds first): it is asked for again as long as the
alert is out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

AGAIN_S = 6.0
"""A question is answered within some 5 s; one that was not went down with the process it was asked of."""


@dataclass(slots=True)
class _Wanted:
    alert_id: str
    asked_s: float


class EvidenceWanted:
    """``ask`` is called with bed and alert. One alert a bed: it has one of pain at a time."""

    def __init__(self, ask: Callable[[str, str], None]) -> None:
        self._ask = ask
        self._beds: dict[str, _Wanted] = {}

    def want(self, bed: str, alert_id: str, now_s: float) -> None:
        """An alert went out, or its evidence became stronger."""
        self._beds[bed] = _Wanted(alert_id, now_s)
        self._ask(bed, alert_id)

    def came(self, bed: str, alert_id: str) -> None:
        """It is there."""
        wanted = self._beds.get(bed)
        if wanted is not None and wanted.alert_id == alert_id:
            del self._beds[bed]

    def step(self, is_out: Callable[[str, str], bool], now_s: float) -> None:
        """Ask again for what did not come; ``is_out`` says whether the alert of a bed still is."""
        for bed, wanted in tuple(self._beds.items()):
            if not is_out(bed, wanted.alert_id):
                del self._beds[bed]
            elif now_s - wanted.asked_s >= AGAIN_S:
                wanted.asked_s = now_s
                self._ask(bed, wanted.alert_id)
