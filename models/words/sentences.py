"""One decision in one sentence: what matters for it, whether explanations agree, how often such a decision is right.

A sentence names a part of the face only where that part holds the share it states; where explanations disagree it
names none. What Weitz et al. wished for: "in this image the eyes are important for happiness", "90 of 100".
"""

from __future__ import annotations

from dataclasses import dataclass

from models.action_units import ActionUnit
from models.words.agreement import Agreement, Steadiness
from models.words.certainty import Certainty
from models.words.english import ENGLISH
from models.words.face_parts import FacePart
from models.words.german import GERMAN
from models.words.language import Language
from models.words.shares import PartShare

LANGUAGES = {language.code: language for language in (ENGLISH, GERMAN)}
MOST_PARTS = 3
"""Most parts that a sentence names."""
LEAST_SHARE = 0.10
"""Least share of the evidence that makes a part important; it must also be more than chance would put there."""
TELL_OUTSIDE = 0.25
"""Share of the evidence outside the face from which a sentence says so."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """``text``, and the parts it calls important with their shares, in its order."""

    text: str
    named: tuple[PartShare, ...] = ()


def decision_sentence(
    target: str,
    shares: tuple[PartShare, ...] | None,
    *,
    agreed: Agreement | None = None,
    certainty: Certainty | None = None,
    tell_certainty: bool = True,
    language: Language = ENGLISH,
) -> Sentence:
    """The sentence for a decision ``target`` (class, rating or AU) whose ``shares`` come from ``part_shares``.

    ``agreed`` is None where explanations were not compared: then nothing is said of it. ``certainty`` None is said to
    be unknown; a rating, which is neither right nor wrong, passes ``tell_certainty=False``.
    """
    word = language.target(target)
    named = important(shares, agreed)
    clauses = [_what_matters(word, shares, named, agreed, language)]
    if shares is not None and not _is_unclear(agreed):
        clauses += _outside(shares, language)
        if agreed is not None:
            template = language.steady if agreed.steadiness is Steadiness.STEADY else language.fair
            clauses.append(template.format(maps=agreed.maps, agreement=language.decimal(agreed.rank_correlation)))
    if tell_certainty:
        clauses.append(_certainty(word, certainty, language))
    return Sentence("; ".join(clauses), named)


def important(shares: tuple[PartShare, ...] | None, agreed: Agreement | None = None) -> tuple[PartShare, ...]:
    """The parts of the face that may be called important, the greatest share first: none while agreement is unclear."""
    if shares is None or _is_unclear(agreed):
        return ()
    face = [one for one in shares if one.part is not FacePart.OUTSIDE]
    great = [one for one in face if one.share >= LEAST_SHARE and one.share > one.chance]
    return tuple(sorted(great, key=lambda one: (-one.share, one.part))[:MOST_PARTS])


def unit_sentence(unit: ActionUnit, mu: float | None, chance: float | None, language: Language = ENGLISH) -> str:
    """Whether the evidence for an AU lies in its region: μ beside what chance would give (``models.lrp.mu``)."""
    word = language.target(unit.value)
    if mu is None or chance is None:
        return language.unit_nothing.format(target=word)
    template = language.unit if mu > chance else language.unit_weak
    return template.format(target=word, share=_percent(mu), chance=_percent(chance))


def _what_matters(
    word: str,
    shares: tuple[PartShare, ...] | None,
    named: tuple[PartShare, ...],
    agreed: Agreement | None,
    language: Language,
) -> str:
    if shares is None:
        return language.nothing_found.format(target=word)
    if agreed is not None and _is_unclear(agreed):
        agreement = language.decimal(agreed.rank_correlation)
        return language.unclear.format(target=word, maps=agreed.maps, agreement=agreement)
    if not named:
        return language.none_stands_out.format(target=word)
    templates = (language.first_share, *[language.share] * (len(named) - 1))
    parts = language.joined(
        [
            template.format(part=language.parts[one.part].word, share=_percent(one.share))
            for template, one in zip(templates, named, strict=True)
        ]
    )
    many = len(named) > 1 or language.parts[named[0].part].plural
    return (language.important_many if many else language.important_one).format(parts=parts, target=word)


def _outside(shares: tuple[PartShare, ...], language: Language) -> list[str]:
    share = next((one.share for one in shares if one.part is FacePart.OUTSIDE), 0.0)
    if share < TELL_OUTSIDE:
        return []
    return [(language.mostly_outside if round(100 * share) > 50 else language.outside).format(share=_percent(share))]


def _certainty(word: str, certainty: Certainty | None, language: Language) -> str:
    if certainty is None:
        return language.of_100_unknown.format(target=word)
    low, high = certainty.interval
    return language.of_100.format(right=certainty.of_100, low=low, high=high, target=word)


def _is_unclear(agreed: Agreement | None) -> bool:
    return agreed is not None and agreed.steadiness is Steadiness.UNCLEAR


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"
