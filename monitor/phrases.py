"""What the sentences of ``monitor.sentences`` are made of, and the English; German: ``monitor.phrases_german``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.action_units import NAMES, ActionUnit
from monitor.records import CannotAssess


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Templates (``str.format``) and words of one language."""

    code: str
    units: Mapping[ActionUnit, str]
    regions: Mapping[ActionUnit, str]
    emotions: Mapping[str, str]
    causes: Mapping[CannotAssess, str]
    last_and: str
    decimal_mark: str
    region_one: str
    region_many: str
    pain: str
    pain_weak: str
    level: str
    level_unknown: str
    no_unit: str
    evidence: str
    evidence_weak: str
    unexplained: str
    no_relevance: str
    neutral_unknown: str
    distress: str
    cannot_assess: str
    picture_lost: str
    explainer_down: str
    still: str
    still_pain: str
    nothing_found: str

    def decimal(self, value: float) -> str:
        """``value`` with two decimals."""
        return f"{value:.2f}".replace(".", self.decimal_mark)

    def joined(self, regions: Sequence[str]) -> str:
        """``brow region``, ``brow and eye regions``, ``brow, eye and nose regions``."""
        if len(regions) == 1:
            return self.region_one.format(regions=regions[0])
        listed = f"{', '.join(regions[:-1])} {self.last_and} {regions[-1]}"
        return self.region_many.format(regions=listed)


ENGLISH = Language(
    code="en",
    units=NAMES,
    regions={
        ActionUnit.AU01: "brow",
        ActionUnit.AU02: "brow",
        ActionUnit.AU04: "brow",
        ActionUnit.AU05: "eye",
        ActionUnit.AU06: "cheek",
        ActionUnit.AU07: "eye",
        ActionUnit.AU09: "nose",
        ActionUnit.AU10: "upper lip",
        ActionUnit.AU12: "mouth",
        ActionUnit.AU14: "mouth",
        ActionUnit.AU25: "mouth",
        ActionUnit.AU26: "mouth",
        ActionUnit.AU27: "mouth",
        ActionUnit.AU43: "eye",
    },
    emotions={"fear": "fear", "sadness": "sadness", "anger": "anger"},
    causes={
        CannotAssess.NO_FACE: "no face in the picture",
        CannotAssess.NOT_THE_RESIDENT: "only other people's faces in the picture",
        CannotAssess.NO_PICTURE: "no picture",
        CannotAssess.POOR_QUALITY: "face too small, dark, blurred or cut off",
        CannotAssess.COVERED: "face covered",
        CannotAssess.TURNED_AWAY: "face turned away",
        CannotAssess.TOO_LITTLE_SEEN: "face seen too little",
    },
    last_and="and",
    decimal_mark=".",
    region_one="{regions} region",
    region_many="{regions} regions",
    pain="pain, {held} s, {level}: {findings}; {evidence}; confidence {confidence}",
    pain_weak=(
        "check the resident: the model's evidence is weak "
        "(pain, {held} s, {level}: {findings}; {evidence}; confidence {confidence})"
    ),
    level="level {pspi} of 16",
    level_unknown="level not computable",
    no_unit="no single movement stands out",
    evidence="{share}% of the evidence lies in the {regions}",
    evidence_weak="only {share}% of the evidence lies in the {regions}, where chance would put {chance}%",
    unexplained="not yet explained",
    no_relevance="the explanation found no evidence to locate",
    neutral_unknown="judged against other people's neutral faces",
    distress="distress ({emotion}), {held} s: {share}% above the resident's resting face",
    cannot_assess="cannot assess: {cause}, {held} s",
    picture_lost="no picture, {held} s: check the camera",
    explainer_down="explanations have stopped; pain is judged and alerted as before",
    still="one picture, no judgement over time: {findings}",
    still_pain="pain score {score}",
    nothing_found="no Action Unit stands out",
)
