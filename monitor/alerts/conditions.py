"""What is true of an assessment, channel by channel: pain, distress, cannot assess, picture lost."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.alerts.latch import Fact
from monitor.alerts.settings import AlertSettings
from monitor.judgement_evidence import EvidenceStrength, evidence_strength
from monitor.records import AlertCode, Assessment, CannotAssess, Evidence, Kind, Level, Priority

DISTRESS: Mapping[AlertCode, str] = {
    AlertCode.DISTRESS_FEAR: "fear",
    AlertCode.DISTRESS_SADNESS: "sadness",
    AlertCode.DISTRESS_ANGER: "anger",
}
"""The emotion behind each distress alert."""

CHANNELS: tuple[AlertCode, ...] = (
    AlertCode.PAIN,
    *DISTRESS,
    AlertCode.CANNOT_ASSESS,
    AlertCode.PICTURE_LOST,
    AlertCode.EXPLAINER_DOWN,
)
"""One latch each. Pain with weak evidence shares the latch of pain: it is one alert that may be upgraded."""

KINDS: Mapping[AlertCode, Kind] = {
    code: Kind.TECHNICAL
    if code in (AlertCode.CANNOT_ASSESS, AlertCode.PICTURE_LOST, AlertCode.EXPLAINER_DOWN)
    else Kind.PHYSIOLOGICAL
    for code in AlertCode
}
PRIORITIES: Mapping[AlertCode, Priority] = {
    AlertCode.PAIN: Priority.HIGH,
    AlertCode.PAIN_WEAK_EVIDENCE: Priority.MEDIUM,
    AlertCode.DISTRESS_FEAR: Priority.LOW,
    AlertCode.DISTRESS_SADNESS: Priority.LOW,
    AlertCode.DISTRESS_ANGER: Priority.LOW,
    AlertCode.CANNOT_ASSESS: Priority.MEDIUM,
    AlertCode.PICTURE_LOST: Priority.MEDIUM,
    AlertCode.EXPLAINER_DOWN: Priority.LOW,
}


def facts(assessment: Assessment, distressed: frozenset[AlertCode], settings: AlertSettings) -> dict[AlertCode, Fact]:
    """What holds now per channel but EXPLAINER_DOWN, which the assessment cannot know.

    ``distressed`` are the distress channels that held at the last step (for the hysteresis). Pain takes precedence:
    a grimace looks like anger, so no distress is true while the level is PAIN. Distress needs the resident's own
    neutral face, since a resting face may look sad.
    """
    unknown = assessment.level is Level.UNASSESSABLE
    no_picture = assessment.cannot_assess is CannotAssess.NO_PICTURE
    held = {code: Fact.UNKNOWN if unknown else _distress(assessment, code, distressed, settings) for code in DISTRESS}
    return {
        AlertCode.PAIN: Fact.UNKNOWN if unknown else _fact(assessment.level is Level.PAIN),
        **held,
        AlertCode.CANNOT_ASSESS: _fact(unknown and not no_picture),
        AlertCode.PICTURE_LOST: _fact(unknown and no_picture),
    }


def pain_code(evidence: Evidence, out: AlertCode | None) -> AlertCode:
    """PAIN or PAIN_WEAK_EVIDENCE; ``out`` is the code of the pain alert that is out, if any.

    An alert is upgraded when its evidence turns out strong and never downgraded: an explanation that comes late
    takes nothing back. Without an explanation nothing changes.
    """
    if out is AlertCode.PAIN:
        return AlertCode.PAIN
    strength = evidence_strength(evidence)
    if strength is EvidenceStrength.NONE:
        return out or AlertCode.PAIN
    return AlertCode.PAIN_WEAK_EVIDENCE if strength is EvidenceStrength.WEAK else AlertCode.PAIN


def _distress(
    assessment: Assessment, code: AlertCode, distressed: frozenset[AlertCode], settings: AlertSettings
) -> Fact:
    threshold = settings.distress_off if code in distressed else settings.distress_on
    rise = assessment.distress.get(DISTRESS[code], 0.0)
    calm = assessment.level is not Level.PAIN and assessment.baseline_known and settings.emotion_alerts
    return _fact(calm and rise >= threshold)


def _fact(holds: bool) -> Fact:
    return Fact.TRUE if holds else Fact.FALSE
