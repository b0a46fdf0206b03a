"""Explanations of the last seconds, averaged per Action Unit, and the gate that asks where the network looked."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from enum import StrEnum

from models.action_units import ActionUnit
from monitor.records import Evidence, Explanation


class EvidenceStrength(StrEnum):
    """What the explanations say of the claimed AUs."""

    NONE = "none"
    """No explanation of a claimed AU yet: nothing is held against the judgement."""
    WEAK = "weak"
    """The relevance lies in the AUs' regions no more than spread evenly over the face."""
    STRONG = "strong"


def evidence_strength(evidence: Evidence) -> EvidenceStrength:
    """WEAK or STRONG where a claimed AU was explained (``Evidence.weak`` is the gate), else NONE."""
    if not any(unit in evidence.mu and unit in evidence.mu_chance for unit in evidence.aus):
        return EvidenceStrength.NONE
    return EvidenceStrength.WEAK if evidence.weak else EvidenceStrength.STRONG


class EvidenceMemory:
    """Explanations in the order of arrival, at most ``most`` of them. They may come late and in any order."""

    def __init__(self, most: int = 256) -> None:
        self._explanations: deque[tuple[float, int, ActionUnit, float | None, float | None]] = deque(maxlen=most)

    def add(self, explanation: Explanation) -> None:
        """Keep an explanation of an AU; explanations of emotions are no evidence of pain."""
        unit = _UNITS.get(explanation.target)
        if unit is not None:
            self._explanations.append(
                (explanation.captured_s, explanation.frame_id, unit, explanation.mu, explanation.mu_chance)
            )

    def over(self, rises: Mapping[ActionUnit, float], since_s: float) -> Evidence:
        """Evidence of the claimed ``rises`` from explanations of frames captured at ``since_s`` or later."""
        recent = [kept for kept in self._explanations if kept[0] >= since_s and kept[2] in rises]
        return Evidence(
            aus=dict(rises),
            mu=_mean_per_unit((unit, mu) for _, _, unit, mu, _ in recent),
            mu_chance=_mean_per_unit((unit, chance) for _, _, unit, _, chance in recent),
            explained_frames=len({frame_id for _, frame_id, _, _, _ in recent}),
        )


_UNITS = {unit.value: unit for unit in ActionUnit}


def _mean_per_unit(values: Iterable[tuple[ActionUnit, float | None]]) -> dict[ActionUnit, float]:
    known: dict[ActionUnit, list[float]] = {}
    for unit, value in values:
        if value is not None:
            known.setdefault(unit, []).append(value)
    return {unit: sum(found) / len(found) for unit, found in sorted(known.items())}
