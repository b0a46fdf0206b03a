"""The nurses' pages say what the bedside page says, in both languages, and show the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import pytest
from documents import REPOSITORY
from markdown_it import MarkdownIt

PAGES = {"en": "docs/nurse.md", "de": "docs/nurse.de.md"}
MOST_BYTES = 150 << 10


def text_of(language: str) -> str:
    return (REPOSITORY / PAGES[language]).read_text(encoding="utf-8")


def in_bold(text: str) -> list[str]:
    """What stands in bold, which is how the pages quote the bedside page."""
    return [" ".join(found.split()) for found in re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL)]


@pytest.mark.parametrize("language", PAGES)
def test_words_in_bold_are_those_of_the_bedside_page(language: str):
    words = json.loads((REPOSITORY / f"monitor/web/static/words.{language}.json").read_text(encoding="utf-8"))
    patterns = [re.sub(r"\\\{\w+\\\}", r"\\w+", re.escape(word)) for word in words.values()]
    quoted = in_bold(text_of(language))
    assert len(quoted) > 20
    assert [said for said in quoted if not any(re.fullmatch(pattern, said) for pattern in patterns)] == []


def test_both_languages_have_the_same_shape():
    shapes = [[token.type for token in MarkdownIt().enable("table").parse(text_of(language))] for language in PAGES]
    assert shapes[0] == shapes[1]
    assert len(in_bold(text_of("en"))) == len(in_bold(text_of("de")))


@pytest.mark.parametrize("language", PAGES)
def test_it_says_what_it_is_not(language: str):
    text = text_of(language)
    for said in {"en": ("diagnosis", "medical device", "check the resident"), "de": ("Diagnose", "Medizinprodukt")}[
        language
    ]:
        assert said in text


@pytest.mark.parametrize("language", PAGES)
def test_pictures_are_small_and_of_something(language: str):
    names = re.findall(r"!\[[^\]]{10,}\]\((pictures/[\w.]+\.png)\)", text_of(language))
    assert len(names) == 4
    for name in names:
        path: Path = REPOSITORY / "docs" / name
        picture = cv2.imread(str(path))
        assert picture is not None, name
        assert min(picture.shape[:2]) >= 300, name
        assert path.stat().st_size <= MOST_BYTES, name
