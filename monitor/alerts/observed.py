"""From an assessment, and what is known of camera and program, to the event that a bed's lifecycle takes in."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.alerts.bed_state import BedState
from monitor.alerts.conditions import DISTRESS, facts
from monitor.alerts.events import Observed, Seen
from monitor.alerts.latch import Fact
from monitor.alerts.settings import AlertSettings
from monitor.alerts.topics import TECHNICAL_SENTENCES, TECHNICAL_SENTENCES_DE, Topic
from monitor.judgement_evidence import EvidenceStrength, evidence_strength
from monitor.phrases_german import GERMAN
from monitor.records import AlertCode, Assessment
from monitor.sentences import alert_sentence


def observed_face(assessment: Assessment, state: BedState, settings: AlertSettings) -> Observed:
    """What ``assessment`` says of its bed, with the sentence for now where a condition holds."""
    distressed = frozenset(code for code in DISTRESS if state.topics[Topic(code)].fact is Fact.TRUE)
    held = facts(assessment, distressed, settings)
    return Observed(seen={Topic(code): _seen(code, fact, assessment, state) for code, fact in held.items()})


def observed_technical(holds: Mapping[Topic, bool]) -> Observed:
    """What watchdogs found: each technical topic that was looked at, and whether its condition holds."""
    return Observed(
        seen={
            topic: Seen(
                fact=Fact.TRUE if true else Fact.FALSE,
                sentence=TECHNICAL_SENTENCES[topic],
                sentence_de=TECHNICAL_SENTENCES_DE[topic],
            )
            for topic, true in holds.items()
        }
    )


def _seen(code: AlertCode, fact: Fact, assessment: Assessment, state: BedState) -> Seen:
    if fact is not Fact.TRUE:
        return Seen(fact=fact)
    weak = code is AlertCode.PAIN and evidence_strength(assessment.evidence) is EvidenceStrength.WEAK
    worded = AlertCode.PAIN_WEAK_EVIDENCE if weak else code
    onset_s = state.topics[Topic(code)].latch.onset_s
    held_s = 0.0 if onset_s is None else assessment.captured_s - onset_s
    return Seen(
        fact=fact,
        confidence=_confidence(code, assessment),
        sentence=alert_sentence(worded, assessment, held_s),
        sentence_de=alert_sentence(worded, assessment, held_s, GERMAN),
        weak=weak,
    )


def _confidence(code: AlertCode, assessment: Assessment) -> float:
    """In [0, 1], as a replay has it: of distress its rise times coverage; a technical fact is certain."""
    if code in DISTRESS:
        return min(1.0, assessment.distress.get(DISTRESS[code], 0.0)) * assessment.coverage
    return assessment.confidence if code is AlertCode.PAIN else 1.0
