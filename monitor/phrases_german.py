"""The words of ``monitor.sentences`` in German."""

from __future__ import annotations

from models.action_units import ActionUnit
from models.words.german import GERMAN as FACE_WORDS
from monitor.phrases import Language
from monitor.records import CannotAssess

GERMAN = Language(
    code="de",
    units=FACE_WORDS.units,
    regions={
        ActionUnit.AU01: "Brauen",
        ActionUnit.AU02: "Brauen",
        ActionUnit.AU04: "Brauen",
        ActionUnit.AU05: "Augen",
        ActionUnit.AU06: "Wangen",
        ActionUnit.AU07: "Augen",
        ActionUnit.AU09: "Nase",
        ActionUnit.AU10: "Oberlippe",
        ActionUnit.AU12: "Mund",
        ActionUnit.AU14: "Mund",
        ActionUnit.AU25: "Mund",
        ActionUnit.AU26: "Mund",
        ActionUnit.AU27: "Mund",
        ActionUnit.AU43: "Augen",
    },
    emotions={"fear": "Angst", "sadness": "Trauer", "anger": "Ärger"},
    causes={
        CannotAssess.NO_FACE: "kein Gesicht im Bild",
        CannotAssess.NOT_THE_RESIDENT: "nur Gesichter anderer im Bild",
        CannotAssess.NO_PICTURE: "kein Bild",
        CannotAssess.POOR_QUALITY: "Gesicht zu klein, dunkel, unscharf oder abgeschnitten",
        CannotAssess.COVERED: "Gesicht verdeckt",
        CannotAssess.TURNED_AWAY: "Gesicht abgewandt",
        CannotAssess.TOO_LITTLE_SEEN: "Gesicht zu wenig zu sehen",
    },
    last_and="und",
    decimal_mark=",",
    region_one="in diesem Bereich: {regions}",
    region_many="in diesen Bereichen: {regions}",
    pain="Schmerz, {held} s, {level}: {findings}; {evidence}; Sicherheit {confidence}",
    pain_weak=(
        "bitte nachsehen: die Belege des Modells sind schwach "
        "(Schmerz, {held} s, {level}: {findings}; {evidence}; Sicherheit {confidence})"
    ),
    level="Stufe {pspi} von 16",
    level_unknown="Stufe nicht berechenbar",
    no_unit="keine einzelne Bewegung sticht hervor",
    evidence="{share} % der Belege liegen {regions}",
    evidence_weak="nur {share} % der Belege liegen {regions}; durch Zufall wären es {chance} %",
    unexplained="noch nicht erklärt",
    no_relevance="die Erklärung fand keine Belege, die sich verorten ließen",
    neutral_unknown="beurteilt nach den neutralen Gesichtern anderer",
    distress="Not ({emotion}), {held} s: {share} % über dem ruhenden Gesicht dieser Person",
    cannot_assess="nicht beurteilbar: {cause}, {held} s",
    picture_lost="kein Bild, {held} s: bitte die Kamera prüfen",
    explainer_down="die Erklärungen sind ausgefallen; Schmerz wird beurteilt und gemeldet wie zuvor",
    still="ein einzelnes Bild, kein Urteil über die Zeit: {findings}",
    still_pain="Schmerzwert {score}",
    nothing_found="keine Bewegung des Gesichts sticht hervor",
)
