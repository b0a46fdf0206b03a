"""Crops on their way to the worker: waiting here, then flying (in a slot, with the worker).

Live, a bed has one place: its newest crop takes the place of the one that still waits. Beds in pain are next before
calm ones, among equals whoever waits longest; a calm bed is passed over at most ``PASSED_OVER`` times. So no bed
starves another, and between two crops of one bed every other bed of its kind is served at most once. In a replay every
crop has a place of its own and all are served in order.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from monitor.records import FaceCrop, FaceObservation, SampleRequest

PASSED_OVER = 3
"""So many crops of beds in pain go before a calm one that waits."""


@dataclass(slots=True, kw_only=True)
class PendingCrop:
    """A crop that is to be explained. ``slot`` and ``sent_s`` count once it flies; ``attempts``: how often it fell."""

    seq: int
    crop: FaceCrop
    observation: FaceObservation
    request: SampleRequest
    targets: tuple[str, ...]
    attempts: int = 0
    slot: int = -1
    sent_s: float = 0.0


class CropLine:
    """Who waits and who flies; ``live`` chooses the rule of the places."""

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._waiting: dict[Hashable, PendingCrop] = {}
        self._passed_over = 0
        self.flying: dict[int, PendingCrop] = {}

    def __len__(self) -> int:
        return len(self._waiting) + len(self.flying)

    @property
    def waiting(self) -> int:
        """How many wait; live at most one per bed."""
        return len(self._waiting)

    def put(self, pending: PendingCrop) -> bool:
        """Take a place in the line; True when an older crop of the bed lost it."""
        place = self._place(pending)
        superseded = place in self._waiting
        self._waiting[place] = pending
        return superseded

    def put_back(self, fallen: list[PendingCrop]) -> None:
        """In front of all others, in the order given."""
        self._waiting = {self._place(pending): pending for pending in fallen} | self._waiting

    def launch(self, slot: int, sent_s: float) -> PendingCrop | None:
        """The next one, flying from now on; None when nobody waits."""
        if not self._waiting:
            return None
        pending = self._waiting.pop(self._next())
        pending.slot, pending.sent_s = slot, sent_s
        self.flying[pending.seq] = pending
        return pending

    def fallen(self) -> list[PendingCrop]:
        """Take all out of the air, in the order in which they were asked for."""
        lost = sorted(self.flying.values(), key=lambda pending: pending.seq)
        self.flying.clear()
        return lost

    def free_slots(self, slots: int) -> list[int]:
        """Slots out of ``slots`` that nobody flies in."""
        taken = {pending.slot for pending in self.flying.values()}
        return [slot for slot in range(slots) if slot not in taken]

    def forget(self, source_id: str) -> int:
        """Drop what waits of one bed; how many that were. What flies is left to land."""
        gone = [place for place, pending in self._waiting.items() if pending.observation.source_id == source_id]
        for place in gone:
            del self._waiting[place]
        return len(gone)

    def clear(self) -> int:
        """Drop everything; how many that were."""
        count = len(self)
        self._waiting.clear()
        self.flying.clear()
        return count

    def _next(self) -> Hashable:
        """Whose turn it is."""
        longest = next(iter(self._waiting))
        if not self._live:
            return longest
        hurt = next((place for place, pending in self._waiting.items() if pending.request.in_pain), longest)
        calm = next((place for place, pending in self._waiting.items() if not pending.request.in_pain), None)
        if calm is None or hurt == calm or self._passed_over >= PASSED_OVER:
            self._passed_over = 0
            return hurt if calm is None else calm
        self._passed_over += 1
        return hurt

    def _place(self, pending: PendingCrop) -> Hashable:
        return pending.observation.source_id if self._live else pending.seq
