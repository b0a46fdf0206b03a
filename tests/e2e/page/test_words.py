"""Both languages say everything, and the page asks for no word that is not there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import monitor.web
from monitor.alerts.topics import Reason, Topic, Verdict
from monitor.records import CannotAssess, Kind, Presence, Priority
from monitor.web.roles import Role

STATIC = Path(monitor.web.__file__).parent / "static"
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))


def words(language: str) -> dict[str, str]:
    return json.loads((STATIC / f"words.{language}.json").read_text(encoding="utf-8"))


def test_both_languages_have_the_same_words_with_the_same_gaps():
    english, german = words("en"), words("de")
    assert english.keys() == german.keys()
    gaps = {
        key for key in english if set(re.findall(r"\{\w+\}", english[key])) != set(re.findall(r"\{\w+\}", german[key]))
    }
    assert gaps == set()
    assert all(text.strip() for text in (*english.values(), *german.values()))


def test_every_word_that_is_asked_for_is_there():
    known = words("en").keys()
    asked = {
        key for script in SCRIPTS for key in re.findall(r"""\bt\(\s*"([\w.]+)\"""", script.read_text(encoding="utf-8"))
    }
    assert len(asked) > 100
    assert {key for key in asked if key not in known and f"{key}.other" not in known} == set()


def test_every_value_of_the_service_has_words():
    wanted = [f"topic.{topic}" for topic in Topic]
    wanted += [f"reason.{reason}" for reason in Reason] + [f"priority.{priority}" for priority in Priority]
    wanted += [f"presence.{presence}" for presence in Presence] + [f"role.{role}" for role in Role]
    wanted += [f"found.{verdict}" for verdict in Verdict] + [f"verdict.{verdict}" for verdict in Verdict]
    wanted += [f"because.{cause}" for cause in CannotAssess if cause is not CannotAssess.NO_PICTURE]
    wanted += [f"because.{word}" for word in ("privacy", "not_judged", "no_picture", "service_silent")]
    assert set(wanted) <= words("en").keys()
    assert {kind.value for kind in Kind} == {"physiological", "technical"}  # as bed_state.js knows them


def test_the_words_ask_to_look_and_diagnose_nothing():
    assert words("en")["state.alert"] == "Check the resident"
    assert words("de")["state.alert"] == "Bitte nachsehen"
    assert not any(re.search(r"\balarms?\b|\bhas pain\b", text, re.IGNORECASE) for text in words("en").values())


def test_scripts_and_styles_stay_small_and_load_nothing_from_elsewhere():
    for path in [*SCRIPTS, *(STATIC / "css").glob("*.css"), STATIC / "index.html"]:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 400, path
        assert (
            re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", text.replace("http://www.w3.org/2000/svg", "")) == []
        ), path
        assert "innerHTML" not in text, path
