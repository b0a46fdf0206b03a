"""The sentences' German."""

from __future__ import annotations

from models.action_units import ActionUnit
from models.words.face_parts import FacePart
from models.words.language import Language, Noun

GERMAN = Language(
    code="de",
    parts={
        FacePart.EYES: Noun("die Augen", plural=True),
        FacePart.MOUTH: Noun("der Mund"),
        FacePart.BROWS: Noun("die Brauen", plural=True),
        FacePart.NOSE: Noun("die Nase"),
        FacePart.CHIN: Noun("das Kinn"),
        FacePart.FOREHEAD: Noun("die Stirn"),
        FacePart.CHEEKS: Noun("die Wangen", plural=True),
        FacePart.OUTSIDE: Noun("die Umgebung"),
    },
    units={
        ActionUnit.AU01: "innere Brauen gehoben",
        ActionUnit.AU02: "äußere Brauen gehoben",
        ActionUnit.AU04: "Brauen gesenkt",
        ActionUnit.AU05: "Oberlider gehoben",
        ActionUnit.AU06: "Wangen gehoben",
        ActionUnit.AU07: "Augen verengt",
        ActionUnit.AU09: "Nase gerümpft",
        ActionUnit.AU10: "Oberlippe gehoben",
        ActionUnit.AU12: "Mundwinkel gehoben",
        ActionUnit.AU14: "Mundwinkel eingezogen",
        ActionUnit.AU25: "Lippen geöffnet",
        ActionUnit.AU26: "Kiefer gesenkt",
        ActionUnit.AU27: "Mund weit geöffnet",
        ActionUnit.AU43: "Augen geschlossen",
    },
    targets={
        "pain": "Schmerz",
        "neutral": "ein neutrales Gesicht",
        "happiness": "Freude",
        "surprise": "Überraschung",
        "sadness": "Trauer",
        "anger": "Ärger",
        "disgust": "Ekel",
        "fear": "Angst",
        "contempt": "Verachtung",
        "attractiveness": "Attraktivität",
        "confidence": "Selbstsicherheit",
        "intelligence": "Intelligenz",
        "age": "das Alter",
        "gender": "das Geschlecht",
    },
    last_and="und",
    decimal_mark=",",
    first_share="{part} ({share} % der Belege)",
    share="{part} ({share} %)",
    important_one="in diesem Bild ist {parts} wichtig für {target}",
    important_many="in diesem Bild sind {parts} wichtig für {target}",
    none_stands_out="in diesem Bild sticht kein Teil des Gesichts für {target} hervor",
    nothing_found="die Erklärung fand für {target} keine Belege, die sich verorten ließen",
    unclear=(
        "in diesem Bild ist unklar, was für {target} zählt: {maps} Erklärungen widersprechen sich ({agreement} von 1)"
    ),
    outside="{share} % der Belege liegen außerhalb des Gesichts",
    mostly_outside="die meisten Belege ({share} %) liegen außerhalb des Gesichts",
    steady="{maps} Erklärungen stimmen überein ({agreement} von 1)",
    fair="{maps} Erklärungen stimmen nur teilweise überein ({agreement} von 1)",
    of_100="von 100 Bildern, bei denen das Modell so sicher war, zeigten etwa {right} {target} ({low} bis {high})",
    of_100_unknown="wie oft das Modell bei {target} recht hat, ist nicht bekannt",
    unit="{share} % der Belege für {target} liegen in ihrer Region, durch Zufall wären es {chance} %",
    unit_weak="nur {share} % der Belege für {target} liegen in ihrer Region, durch Zufall wären es {chance} %",
    unit_nothing="die Erklärung fand für {target} keine Belege, die sich verorten ließen",
)
