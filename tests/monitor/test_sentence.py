"""Sentences say what was found, and no more."""

from __future__ import annotations

import dataclasses
import re

import pytest
from builders import PRIOR, explain, face, script

from models.action_units import ActionUnit, Pspi
from monitor.assessor import Assessor
from monitor.phrases import ENGLISH
from monitor.phrases_german import GERMAN
from monitor.records import AlertCode, Assessment, CannotAssess, Evidence
from monitor.sentences import alert_sentence, still_sentence

AU04, AU07 = ActionUnit.AU04, ActionUnit.AU07


def judged(story: str) -> Assessment:
    assessor = Assessor(prior=PRIOR)
    return [assessor.step(scene.seen, scene.prediction, scene.explanations) for scene in script(story)][-1]


@pytest.fixture(scope="module")
def pain() -> Assessment:
    return dataclasses.replace(
        judged("calm 15s, pain 5s"),
        pspi=6.2,
        confidence=0.82,
        evidence=Evidence(
            aus={AU04: 2.0, AU07: 1.0}, mu={AU04: 0.8, AU07: 0.53}, mu_chance={AU04: 0.2, AU07: 0.1}, explained_frames=2
        ),
    )


def test_pain_in_one_sentence(pain: Assessment) -> None:
    assert alert_sentence(AlertCode.PAIN, pain, 12.2) == (
        "pain, 12 s, level 6 of 16: brow lowered (AU4), eyes tightened (AU7); "
        "71% of the evidence lies in the brow and eye regions; confidence 0.82"
    )


def test_weak_evidence_says_so_with_its_chance(pain: Assessment) -> None:
    weak = dataclasses.replace(pain, evidence=dataclasses.replace(pain.evidence, mu={AU04: 0.1}, mu_chance={AU04: 0.2}))
    assert alert_sentence(AlertCode.PAIN_WEAK_EVIDENCE, weak, 15.0) == (
        "check the resident: the model's evidence is weak (pain, 15 s, level 6 of 16: brow lowered (AU4), "
        "eyes tightened (AU7); only 10% of the evidence lies in the brow region, where chance would put 20%; "
        "confidence 0.82)"
    )


def test_the_same_in_german(pain: Assessment) -> None:
    assert alert_sentence(AlertCode.PAIN, pain, 12.2, GERMAN) == (
        "Schmerz, 12 s, Stufe 6 von 16: Brauen gesenkt (AU4), Augen verengt (AU7); "
        "71 % der Belege liegen in diesen Bereichen: Brauen und Augen; Sicherheit 0,82"
    )
    weak = dataclasses.replace(pain, evidence=dataclasses.replace(pain.evidence, mu={AU04: 0.1}, mu_chance={AU04: 0.2}))
    assert alert_sentence(AlertCode.PAIN_WEAK_EVIDENCE, weak, 15.0, GERMAN) == (
        "bitte nachsehen: die Belege des Modells sind schwach (Schmerz, 15 s, Stufe 6 von 16: Brauen gesenkt (AU4), "
        "Augen verengt (AU7); nur 10 % der Belege liegen in diesem Bereich: Brauen; durch Zufall wären es 20 %; "
        "Sicherheit 0,82)"
    )


@pytest.mark.parametrize("language", [ENGLISH, GERMAN], ids=["en", "de"])
def test_every_language_has_a_word_for_everything(language) -> None:
    assert set(language.units) == set(language.regions) == set(ActionUnit)
    assert set(language.causes) == set(CannotAssess)
    known = {
        field.name: set(re.findall(r"{(\w+)}", getattr(ENGLISH, field.name)))
        for field in dataclasses.fields(language)
        if isinstance(getattr(language, field.name), str)
    }
    assert {name: set(re.findall(r"{(\w+)}", getattr(language, name))) for name in known} == known


def test_missing_pieces_are_named_as_missing(pain: Assessment) -> None:
    bare = dataclasses.replace(pain, pspi=None, baseline_known=False, evidence=Evidence())
    assert alert_sentence(AlertCode.PAIN, bare, 15.0) == (
        "pain, 15 s, level not computable: no single movement stands out; not yet explained; "
        "judged against other people's neutral faces; confidence 0.82"
    )
    empty = dataclasses.replace(pain, evidence=Evidence(aus={AU04: 2.0}, explained_frames=1))
    assert "the explanation found no evidence to locate" in alert_sentence(AlertCode.PAIN, empty, 15.0)


@pytest.mark.parametrize("aus", [{AU04: 1.0}, {AU07: 2.0, AU04: 1.0}, dict.fromkeys(ActionUnit, 1.0)])
def test_only_units_of_the_evidence_are_named(pain: Assessment, aus: dict[ActionUnit, float]) -> None:
    sentence = alert_sentence(AlertCode.PAIN, dataclasses.replace(pain, evidence=Evidence(aus=aus)), 15.0)
    named = [f"AU{int(number):02d}" for number in re.findall(r"\(AU(\d+)\)", sentence)]
    assert named == [unit.value for unit in aus][:4]


@pytest.mark.parametrize(("hidden", "words"), [("covered", "face covered"), ("turned_away", "face turned away")])
def test_cannot_assess_says_why(hidden: str, words: str) -> None:
    sentence = alert_sentence(AlertCode.CANNOT_ASSESS, judged(f"calm 5s, {hidden} 5s"), 120.0)
    assert sentence == f"cannot assess: {words}, 120 s"


def test_every_cause_code_and_unit_has_words(pain: Assessment) -> None:
    assert set(ENGLISH.causes) == set(CannotAssess)
    assert set(ENGLISH.units) == set(ActionUnit) == set(ENGLISH.regions)
    for code in AlertCode:
        sentence = alert_sentence(code, pain, 15.0)
        assert sentence
        assert "{" not in sentence
        assert "\n" not in sentence


def test_a_still_picture_names_what_is_present_and_judges_nothing_over_time() -> None:
    picture = face("pain")
    sentence = still_sentence(picture, [explain(picture, unit, 0.6) for unit in picture.aus], pain=0.93)
    assert sentence.startswith("one picture, no judgement over time: level 8 of 16; brow lowered (AU4)")
    assert "60% of the evidence lies in" in sentence
    assert "lip corners" not in sentence
    assert sentence.endswith("pain score 0.93")


def test_a_still_calm_face_and_unknown_level() -> None:
    calm = dataclasses.replace(face("calm"), pspi=Pspi(None, (AU04,)))
    assert still_sentence(calm, []) == (
        "one picture, no judgement over time: level not computable; no Action Unit stands out"
    )


def test_a_still_picture_without_explanation_says_so() -> None:
    assert "not yet explained" in still_sentence(face("pain"), [])
