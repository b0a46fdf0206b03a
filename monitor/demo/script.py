"""The written script of the demo recording: what the face does when, and how strongly at any moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ONSET_S = 0.7
"""How long an act takes to come and, after its end, to go."""


class Act(StrEnum):
    """What the face does in one part of the script."""

    NEUTRAL = "neutral"
    GRIMACE = "grimace"
    LAUGH = "laugh"
    COVERED = "covered"
    TURNED_AWAY = "turned_away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the script: ``act`` from ``start_s`` up to ``end_s`` (seconds from the recording's start)."""

    act: Act
    start_s: float
    end_s: float


WRITTEN: tuple[tuple[Act, float], ...] = (
    (Act.NEUTRAL, 20.0),
    (Act.GRIMACE, 25.0),
    (Act.NEUTRAL, 10.0),
    (Act.LAUGH, 20.0),
    (Act.COVERED, 12.0),
    (Act.GRIMACE, 25.0),
    (Act.TURNED_AWAY, 10.0),
)
"""The acts and their lengths in seconds."""


@dataclass(frozen=True, slots=True)
class Script:
    """Parts that follow one another without a gap."""

    parts: tuple[Part, ...]

    @property
    def duration_s(self) -> float:
        """Length of the whole script in seconds."""
        return self.parts[-1].end_s

    def act_at(self, at_s: float) -> Act:
        """The act that the script asks for at ``at_s``; the last one beyond the end."""
        return next((part.act for part in self.parts if at_s < part.end_s), self.parts[-1].act)

    def strength(self, act: Act, at_s: float) -> float:
        """How far ``act`` has come at ``at_s``, in [0, 1]: it eases in from its start and eases out after its end."""
        strengths = (
            _ease((at_s - part.start_s) / ONSET_S) * (1.0 - _ease((at_s - part.end_s) / ONSET_S))
            for part in self.parts
            if part.act is act
        )
        return max(strengths, default=0.0)

    def as_json(self) -> list[dict[str, str | float]]:
        """The parts as plain values: ``[{"act", "start_s", "end_s"}]``."""
        return [{"act": part.act.value, "start_s": part.start_s, "end_s": part.end_s} for part in self.parts]

    @classmethod
    def from_json(cls, parts: list[Mapping[str, str | float]]) -> Script:
        """The inverse of ``as_json``."""
        return cls(
            tuple(
                Part(act=Act(str(part["act"])), start_s=float(part["start_s"]), end_s=float(part["end_s"]))
                for part in parts
            )
        )


def _ease(share: float) -> float:
    """Smooth step: 0 up to 0, 1 from 1 on, level at both ends."""
    share = min(1.0, max(0.0, share))
    return share * share * (3.0 - 2.0 * share)


def written_script(acts: tuple[tuple[Act, float], ...] = WRITTEN) -> Script:
    """The script made of ``acts`` (act, length in seconds), starting at 0."""
    parts: list[Part] = []
    start_s = 0.0
    for act, length_s in acts:
        parts.append(Part(act=act, start_s=start_s, end_s=start_s + length_s))
        start_s += length_s
    return Script(tuple(parts))
