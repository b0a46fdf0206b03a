"""Sentences are true: what they name holds the share they state, in order, and nothing is named while unsure."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from word_maps import PARTS, SIDE, relevance_maps

from models.action_units import ActionUnit
from models.words.agreement import Agreement, Steadiness, agreement
from models.words.certainty import Certainty
from models.words.english import ENGLISH
from models.words.face_parts import FacePart
from models.words.german import GERMAN
from models.words.language import Language
from models.words.sentences import LEAST_SHARE, MOST_PARTS, decision_sentence, unit_sentence
from models.words.shares import part_shares

LANGUAGES = pytest.mark.parametrize("language", [ENGLISH, GERMAN], ids=["en", "de"])


def told(text: str, language: Language) -> list[tuple[FacePart, int]]:
    """The parts that the text itself calls important, with the percentages that it states."""
    important = text.split(";", maxsplit=1)[0]
    found = []
    for part, noun in language.parts.items():
        for match in re.finditer(rf"{re.escape(noun.word)} \((\d+) ?%", important):
            found.append((match.start(), part, int(match.group(1))))
    return [(part, percent) for _, part, percent in sorted(found)]


@LANGUAGES
@settings(deadline=None, max_examples=60)
@given(relevance=relevance_maps())
def test_named_share_is_the_true_share_in_falling_order(relevance: np.ndarray, language: Language) -> None:
    sentence = decision_sentence("happiness", part_shares(relevance, PARTS), language=language)
    named = told(sentence.text, language)
    positive = np.clip(relevance, 0, None)
    true = {part: positive[mask].sum() / positive.sum() if positive.any() else 0.0 for part, mask in PARTS.items()}
    face = ~PARTS[FacePart.OUTSIDE]
    assert [part for part, _ in named] == [one.part for one in sentence.named]
    for part, percent in named:
        assert abs(percent / 100 - true[part]) <= 0.005 + 1e-9
        assert true[part] >= LEAST_SHARE - 1e-9
        assert true[part] > PARTS[part].sum() / face.sum() - 1e-9
        assert part is not FacePart.OUTSIDE
    held = [true[part] for part, _ in named]
    assert all(one >= other - 1e-9 for one, other in itertools.pairwise(held))
    left_out = [share for part, share in true.items() if part not in dict(named) and part is not FacePart.OUTSIDE]
    if len(named) == MOST_PARTS:
        enough = [
            share
            for part, share in true.items()
            if part not in dict(named) and share > PARTS[part].sum() / face.sum() and part is not FacePart.OUTSIDE
        ]
        assert all(share <= held[-1] + 1e-9 for share in enough)
    assert left_out


@LANGUAGES
def test_nothing_is_named_without_positive_relevance(language: Language) -> None:
    sentence = decision_sentence("pain", part_shares(-np.ones((SIDE, SIDE)), PARTS), language=language)
    assert sentence.named == ()
    assert told(sentence.text, language) == []
    assert sentence.text.startswith(language.nothing_found.format(target=language.target("pain")))


@LANGUAGES
@settings(deadline=None, max_examples=60)
@given(relevance=relevance_maps(), seed=st.integers(0, 1000), maps=st.integers(2, 5), noise=st.floats(0, 5))
def test_unclear_where_explanations_disagree(
    relevance: np.ndarray, seed: int, maps: int, noise: float, language: Language
) -> None:
    rng = np.random.default_rng(seed)
    scale = np.abs(relevance).max()
    others = [relevance + noise * scale * rng.normal(size=relevance.shape) for _ in range(maps - 1)]
    agreed = agreement(np.stack([relevance, *others]), PARTS)
    shares = part_shares(relevance, PARTS)
    sentence = decision_sentence("pain", shares, agreed=agreed, language=language)
    if agreed is not None and agreed.steadiness is Steadiness.UNCLEAR and shares is not None:
        assert sentence.named == ()
        assert told(sentence.text, language) == []
        assert sentence.text.startswith(language.unclear.split("{")[0])
    elif agreed is not None and shares is not None:
        unsure = language.fair.format(maps=agreed.maps, agreement=language.decimal(agreed.rank_correlation))
        assert (unsure in sentence.text) == (agreed.steadiness is Steadiness.FAIR)


def _map(**weights: float) -> np.ndarray:
    relevance = np.zeros((SIDE, SIDE))
    for name, weight in weights.items():
        mask = PARTS[FacePart(name)]
        relevance[mask] = weight / mask.sum()
    return relevance


def test_the_english_sentence_reads_as_wished() -> None:
    steady = Agreement(0.91, 0.02, {}, 6)
    shares = part_shares(_map(mouth=0.62, eyes=0.3, chin=0.08), PARTS)
    said = decision_sentence("happiness", shares, agreed=steady, certainty=Certainty(45, 50)).text
    assert said == (
        "in this image the mouth (62% of the evidence) and the eyes (30%) are important for happiness; "
        "6 explanations agree (0.91 of 1); "
        "of 100 images that the model was as sure of, about 90 showed happiness (78 to 96)"
    )


def test_the_german_sentence_reads_as_wished() -> None:
    shares = part_shares(_map(mouth=0.7, outside=0.3), PARTS)
    said = decision_sentence("pain", shares, agreed=Agreement(0.6, 0.1, {}, 4), language=GERMAN).text
    assert said == (
        "in diesem Bild ist der Mund (70 % der Belege) wichtig für Schmerz; "
        "30 % der Belege liegen außerhalb des Gesichts; "
        "4 Erklärungen stimmen nur teilweise überein (0,60 von 1); "
        "wie oft das Modell bei Schmerz recht hat, ist nicht bekannt"
    )


def test_evidence_around_the_face_is_never_passed_over() -> None:
    said = decision_sentence("pain", part_shares(_map(outside=0.8, nose=0.2), PARTS)).text
    assert "most of the evidence (80%) lies outside the face" in said
    assert "the nose (20% of the evidence) is important for pain" in said


def test_evenly_spread_evidence_names_no_part() -> None:
    even = np.where(PARTS[FacePart.OUTSIDE], 0.0, 1.0)
    sentence = decision_sentence("pain", part_shares(even, PARTS))
    assert sentence.named == ()
    assert "no part of the face stands out for pain" in sentence.text


def test_a_rating_has_no_certainty() -> None:
    said = decision_sentence("intelligence", part_shares(_map(eyes=1.0), PARTS), tell_certainty=False).text
    assert said == "in this image the eyes (100% of the evidence) are important for intelligence"


@LANGUAGES
def test_an_action_unit_is_told_against_chance(language: Language) -> None:
    strong, weak = (unit_sentence(ActionUnit.AU04, mu, 0.2, language) for mu in (0.58, 0.12))
    assert "AU4" in strong
    assert "58" in strong
    assert "20" in strong
    assert strong != weak.replace("12", "58")
    assert "AU4" in unit_sentence(ActionUnit.AU04, None, 0.2, language)


def test_both_languages_know_every_part_and_unit() -> None:
    for language in (ENGLISH, GERMAN):
        assert set(language.parts) == set(FacePart)
        assert set(language.units) == set(ActionUnit)
        assert language.target("unknown thing") == "unknown thing"
