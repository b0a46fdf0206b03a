"""What a nurse reads: one sentence per alert, and one for a still picture. Names only what was found.

All words come from a ``Language``, so another one is another value, not another function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from models.action_units import ActionUnit
from monitor.judgement_evidence import EvidenceStrength, evidence_strength
from monitor.phrases import ENGLISH, Language
from monitor.records import AlertCode, Assessment, CannotAssess, Evidence, Explanation, Prediction

MOST_UNITS = 4
"""Most Action Units that a sentence names."""
PRESENT_FROM = 1.0
"""Intensity from which a still sentence names an AU (AU43: closed probability 0.5)."""

_DISTRESS = {
    AlertCode.DISTRESS_FEAR: "fear",
    AlertCode.DISTRESS_SADNESS: "sadness",
    AlertCode.DISTRESS_ANGER: "anger",
}


def alert_sentence(code: AlertCode, assessment: Assessment, held_s: float, language: Language = ENGLISH) -> str:
    """The sentence of alert ``code`` whose condition has held for ``held_s`` seconds at ``assessment``."""
    held = f"{max(held_s, 0.0):.0f}"
    if code in (AlertCode.PAIN, AlertCode.PAIN_WEAK_EVIDENCE):
        return _pain_sentence(code, assessment, held, language)
    if code in _DISTRESS:
        emotion = _DISTRESS[code]
        share = assessment.distress.get(emotion, 0.0)
        return language.distress.format(emotion=language.emotions[emotion], held=held, share=f"{100 * share:.0f}")
    if code is AlertCode.PICTURE_LOST:
        return language.picture_lost.format(held=held)
    if code is AlertCode.EXPLAINER_DOWN:
        return language.explainer_down
    cause = assessment.cannot_assess or CannotAssess.TOO_LITTLE_SEEN
    return language.cannot_assess.format(cause=language.causes[cause], held=held)


def still_sentence(
    prediction: Prediction,
    explanations: Sequence[Explanation],
    *,
    pain: float | None = None,
    language: Language = ENGLISH,
) -> str:
    """What one picture shows. Pain is judged over seconds, so one picture gives findings and no alert.

    ``pain`` in [0, 1] is ``judge_still``'s value where it was computed.
    """
    found = {
        unit: value
        for unit, value in sorted(prediction.aus.items(), key=lambda item: (-item[1], item[0]))
        if value >= (0.5 if unit is ActionUnit.AU43 else PRESENT_FROM)
    }
    by_unit = {explanation.target: explanation for explanation in explanations}
    explained = {unit: by_unit[unit.value] for unit in found if unit.value in by_unit}
    evidence = Evidence(
        aus=found,
        mu={unit: e.mu for unit, e in explained.items() if e.mu is not None},
        mu_chance={unit: e.mu_chance for unit, e in explained.items() if e.mu_chance is not None},
        explained_frames=1 if explained else 0,
    )
    parts = [_level(prediction.pspi.value, language), _units(found, language) if found else language.nothing_found]
    if found:
        parts.append(_evidence(evidence, language))
    if pain is not None:
        parts.append(language.still_pain.format(score=language.decimal(pain)))
    return language.still.format(findings="; ".join(parts))


def _pain_sentence(code: AlertCode, assessment: Assessment, held: str, language: Language) -> str:
    evidence = assessment.evidence
    findings = _units(evidence.aus, language) if evidence.aus else language.no_unit
    parts = [_evidence(evidence, language)]
    if not assessment.baseline_known:
        parts.append(language.neutral_unknown)
    template = language.pain if code is AlertCode.PAIN else language.pain_weak
    return template.format(
        held=held,
        level=_level(assessment.pspi, language),
        findings=findings,
        evidence="; ".join(parts),
        confidence=language.decimal(assessment.confidence),
    )


def _level(pspi: float | None, language: Language) -> str:
    return language.level_unknown if pspi is None else language.level.format(pspi=f"{pspi:.0f}")


def _units(units: Iterable[ActionUnit], language: Language) -> str:
    named = list(units)[:MOST_UNITS]
    return ", ".join(f"{language.units[unit]} ({unit.value[:2]}{int(unit.value[2:])})" for unit in named)


def _evidence(evidence: Evidence, language: Language) -> str:
    """Where the relevance of the claimed AUs lies: the share inside their regions, averaged by their rise."""
    strength = evidence_strength(evidence)
    shared = [unit for unit in evidence.aus if unit in evidence.mu and unit in evidence.mu_chance]
    if strength is EvidenceStrength.NONE:
        return language.unexplained if evidence.explained_frames == 0 else language.no_relevance
    regions = list(dict.fromkeys(language.regions[unit] for unit in shared))
    template = language.evidence if strength is EvidenceStrength.STRONG else language.evidence_weak
    return template.format(
        share=f"{100 * _mean(evidence.mu, shared, evidence.aus):.0f}",
        chance=f"{100 * _mean(evidence.mu_chance, shared, evidence.aus):.0f}",
        regions=language.joined(regions),
    )


def _mean(
    values: Mapping[ActionUnit, float], units: Sequence[ActionUnit], weights: Mapping[ActionUnit, float]
) -> float:
    total = sum(weights[unit] for unit in units)
    return sum(weights[unit] * values[unit] for unit in units) / total if total > 0 else 0.0
