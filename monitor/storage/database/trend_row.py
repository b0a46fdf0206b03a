"""What is kept of a bed's judgement for every second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.records import CannotAssess, InvalidRecord, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendRow:
    """One second of one bed; ``at`` is UTC, cut to its second. Unknown is None, never 0.

    ``score`` (pain), ``confidence``, ``coverage`` and ``mu`` lie in [0, 1], ``pspi`` in 0–16, ``fps`` are judged
    pictures a second. ``emotions`` (shares by name) are stored only while privacy.emotion_scores is on.
    """

    bed: str
    at: datetime
    level: Level
    score: float | None = None
    confidence: float | None = None
    coverage: float | None = None
    pspi: float | None = None
    cannot_assess: CannotAssess | None = None
    mu: float | None = None
    fps: float | None = None
    emotions: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise InvalidRecord("at must carry a time zone")
