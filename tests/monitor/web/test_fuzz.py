"""Whatever is sent: an answer, in time, and never a mistake of the program."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.alerts.topics import Topic
from monitor.web.rules import RULES

FEW = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FIELDS = ("name", "password", "role", "beds", "pictures", "old", "new", "code", "verdict", "seconds", "action")
BODIES = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6)
NAMES = ("from", "to", "points", "limit", "bed", "language")
QUERIES = st.dictionaries(
    st.sampled_from(NAMES) | st.text(max_size=5),
    st.text(max_size=30) | st.floats().map(str) | st.integers().map(str) | st.datetimes().map(str),
    max_size=4,
)
PRINTABLE = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#")
PARTS = st.text(min_size=1, max_size=20) | st.sampled_from(["bed-1", "bed-1:1", "..", ".", "%2e%2e", "bed-1:-1", "*"])
QUESTIONS = [rule for rule in RULES if rule.method == "GET" and rule.path not in ("/api/events",)]
QUESTIONS = [rule for rule in QUESTIONS if "mjpeg" not in rule.path]
CHANGES = [rule for rule in RULES if rule.method != "GET" and rule.path != "/api/logout"]


@pytest.fixture
def admin(served, ward) -> httpx.Client:
    ward.raise_alert("bed-1", Topic.PAIN)
    served.settings(failed_logins=100_000)
    return served.browser("admin")


@pytest.fixture
def stranger(served) -> httpx.Client:
    return served.browser()


def answered(answer: httpx.Response) -> None:
    assert answer.status_code < 500 or answer.status_code == 503, (answer.request.url, answer.text)
    if answer.status_code >= 400:
        assert list(answer.json()) == ["error"]


@FEW
@given(rule=st.sampled_from(QUESTIONS), query=QUERIES, part=PARTS)
def test_any_question(rule, query: dict[str, str], part: str, admin):
    answered(admin.get(path_of(rule.path, part), params=query))


@FEW
@given(rule=st.sampled_from(QUESTIONS), query=st.text(PRINTABLE, max_size=60))
def test_any_query_string(rule, query: str, admin):
    answered(admin.get(f"{path_of(rule.path, 'bed-1:1')}?{query}"))


@FEW
@given(rule=st.sampled_from(CHANGES), body=BODIES, part=PARTS)
def test_any_body(rule, body: dict[str, Any], part: str, admin):
    content = json.dumps(body).encode("utf-8", "surrogatepass")
    kind = {"Content-Type": "application/json"}
    answered(admin.request(rule.method, path_of(rule.path, part), content=content, headers=kind))


@FEW
@given(rule=st.sampled_from(CHANGES), content=st.binary(max_size=200))
def test_any_bytes(rule, content: bytes, admin):
    kind = {"Content-Type": "application/json"}
    answered(admin.request(rule.method, path_of(rule.path, "bed-1:1"), content=content, headers=kind))


@FEW
@given(cookie=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=';,"\\'), max_size=300))
def test_any_cookie(cookie: str, stranger):
    answer = stranger.get("/api/ward", headers={"Cookie": f"vigil_session={cookie}"})
    assert (answer.status_code, answer.json()) == (401, {"error": "log in first"})


def path_of(path: str, part: str) -> str:
    """``path`` with ``part`` in every place, encoded as a browser would."""
    encoded = "".join(f"%{byte:02x}" for byte in part.encode("utf-8", "surrogatepass"))
    return path.replace("{bed}", encoded).replace("{alert_id}", encoded).replace("{name}", encoded)
