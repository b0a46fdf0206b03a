"""A recording whose end goes on: its last picture held, or its last second again and again. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from monitor.records import Frame, Gap
from monitor.sources.presentation import HELD_EVERY_S
from monitor.sources.source import Source

USUAL_PERIOD_S = 1 / 25
LOOP_S = 1.0
MOST_LOOPED = 120
"""Most pictures kept for a loop, so that a fast camera's last second does not fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengthened:
    """``source``, then for ``more_s`` its last picture (``hold``) or its last second (``loop``).

    A held picture is handed on as by a source whose container holds one: marked, every 0.2 s. Looped pictures are
    pictures like any other at the film's pace, as if it had been recorded so.
    """

    source: Source
    how: Literal["hold", "loop"]
    more_s: float

    def frames(self) -> Iterator[Frame | Gap]:
        """One pass; see ``Source``."""
        kept: deque[Frame] = deque(maxlen=MOST_LOOPED if self.how == "loop" else 2)
        end: Frame | Gap | None = None
        for seen in self.source.frames():
            end = seen
            if isinstance(seen, Frame):
                kept.append(seen)
                while self.how == "loop" and kept[0].captured_s <= seen.captured_s - LOOP_S + 1e-6:
                    kept.popleft()
            yield seen
        if end is None or not kept:
            return
        hold = self.how == "hold"
        again = [kept[-1]] if hold else list(kept)
        period_s = max(self._period_s(kept), HELD_EVERY_S) if hold else self._period_s(kept)
        for number in range(1, int(self.more_s / period_s + 1e-9) + 1):
            later_s = number * period_s
            yield replace(
                again[(number - 1) % len(again)],
                frame_id=end.frame_id + number,
                captured_s=end.captured_s + later_s,
                captured_at=end.captured_at + timedelta(seconds=later_s),
                held=hold,
            )

    def _period_s(self, kept: deque[Frame]) -> float:
        fps = self.source.info.fps
        if fps:
            return 1 / fps
        if len(kept) > 1:
            return (kept[-1].captured_s - kept[0].captured_s) / (len(kept) - 1)
        return USUAL_PERIOD_S
