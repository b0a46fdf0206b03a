"""Every route for every role, bed and with and without CSRF: what the table does not grant is denied.

A route that is added and not named here fails the tests.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from fake_ward import FakeWard
from page_server import put_evidence
from starlette.routing import Mount, Route

from monitor.alerts.topics import Topic
from monitor.web.app import page_app

NOBODY, ADMIN, NURSE, VIEWER, WATCHER = "nobody", "admin", "nurse", "viewer", "watcher"
ROLES = (NOBODY, ADMIN, NURSE, VIEWER, WATCHER)
EVERYBODY = set(ROLES)
SIGNED_IN = EVERYBODY - {NOBODY}
ACTING = {ADMIN, NURSE}
SEEING_PICTURES = {ADMIN, NURSE, WATCHER}
ROUTES: dict[tuple[str, str], tuple[set[str], int, Any]] = {
    ("GET", "/"): (EVERYBODY, 200, None),
    ("GET", "/login"): (EVERYBODY, 200, None),
    ("GET", "/api/session"): (EVERYBODY, 200, None),
    ("POST", "/api/setup"): (EVERYBODY, 401, {"code": "x", "name": "x", "password": "x"}),
    ("POST", "/api/login"): (EVERYBODY, 401, {"name": "x", "password": "x"}),
    ("POST", "/api/logout"): (SIGNED_IN, 204, {}),
    ("POST", "/api/password"): (SIGNED_IN, 403, {"old": "x", "new": "x"}),
    ("GET", "/api/ward"): (SIGNED_IN, 200, None),
    ("GET", "/api/events"): (SIGNED_IN, 200, None),
    ("GET", "/api/beds/{bed}/trend"): (SIGNED_IN, 200, None),
    ("GET", "/api/alerts"): (SIGNED_IN, 200, None),
    ("GET", "/api/alerts/{alert_id}"): (SIGNED_IN, 200, None),
    ("GET", "/api/alerts/{alert_id}/evidence"): (SIGNED_IN, 200, None),
    ("GET", "/api/alerts/{alert_id}/picture.jpg"): (SEEING_PICTURES, 404, None),
    ("POST", "/api/alerts/{alert_id}/acknowledge"): (ACTING, 200, {"verdict": "pain"}),
    ("POST", "/api/beds/{bed}/audio-pause"): (ACTING, 200, {"seconds": 60}),
    ("DELETE", "/api/beds/{bed}/audio-pause"): (ACTING, 200, None),
    ("POST", "/api/beds/{bed}/privacy-pause"): (ACTING, 200, {"seconds": 60}),
    ("DELETE", "/api/beds/{bed}/privacy-pause"): (ACTING, 200, None),
    ("POST", "/api/beds/{bed}/neutral-face"): (ACTING, 200, {"action": "adopt"}),
    ("GET", "/api/beds/{bed}/picture.jpg"): (SEEING_PICTURES, 200, None),
    ("GET", "/api/beds/{bed}/live.mjpeg"): (SEEING_PICTURES, 200, None),
    ("GET", "/api/beds/{bed}/heatmap"): (SIGNED_IN, 200, None),
    ("GET", "/api/shift"): (SIGNED_IN, 200, None),
    ("GET", "/api/users"): ({ADMIN}, 200, None),
    ("POST", "/api/users"): ({ADMIN}, 422, {"name": "x", "role": "x"}),
    ("PUT", "/api/users/{name}"): ({ADMIN}, 404, {"pictures": True}),
    ("DELETE", "/api/users/{name}"): ({ADMIN}, 404, None),
}
"""Method and path: who is let in, what they are answered at a bed that they may see, the body that is sent."""
WITHOUT_LOGIN = {"/", "/login", "/api/session", "/api/setup", "/api/login"}
STARTS_A_STREAM = {"/api/events", "/api/beds/{bed}/live.mjpeg"}


def test_the_table_knows_every_route(ward: FakeWard, served):
    found = set()
    for route in page_app(served.page).routes:
        if isinstance(route, Mount):
            assert (route.path, route.name) == ("/static", "static")
            continue
        assert isinstance(route, Route), route
        found |= {(method, route.path) for method in (route.methods or set()) - {"HEAD"}}
    assert found == set(ROUTES)


@pytest.mark.parametrize("role", ROLES)
def test_everything_else_is_denied(role: str, ward: FakeWard, served):
    """Allowed bed, a bed that is not one's own, one that there is not; with the right CSRF value, a wrong one, none."""
    alerts = {bed: ward.raise_alert(bed, Topic.PAIN) for bed in ("bed-1", "bed-2")}
    for alert in alerts.values():
        put_evidence(ward, alert)
    wrong = []
    browser = served.browser(None if role == NOBODY else role)
    values = {"right": browser.headers.get("X-Vigil-CSRF", "right"), "wrong": "wrong", "none": ""}
    for ((method, path), (roles, answer, body)), bed, csrf in itertools.product(
        ROUTES.items(), ("bed-1", "bed-2", "bed-9"), ("right", "wrong", "none")
    ):
        about_a_bed = "{bed}" in path or "{alert_id}" in path
        if (not about_a_bed and bed != "bed-1") or (method == "GET" and csrf != "right"):
            continue
        if path == "/api/logout" and csrf == "right":
            continue  # has a test of its own; here the login is needed further on
        browser.headers["X-Vigil-CSRF"] = values[csrf]
        url = path.format(bed=bed, alert_id=alerts.get(bed, f"{bed}:1"), name="nobody-of-this-name")
        expected = _expected(method, path, roles, answer, role=role, bed=bed if about_a_bed else "", csrf=csrf)
        with browser.stream(method, url, json=body) as reply:
            if path not in STARTS_A_STREAM or reply.status_code != 200:
                reply.read()
        if reply.status_code != expected:
            wrong.append((method, path, bed, csrf, reply.status_code, expected))
    assert wrong == []
    assert all(request.by == role for request in ward.asked)
    assert role in ACTING or ward.asked == []


def _expected(method: str, path: str, roles: set[str], answer: int, *, role: str, bed: str, csrf: str) -> int:
    if path in WITHOUT_LOGIN:
        return answer
    if role == NOBODY:
        return 401
    if method != "GET" and csrf != "right":
        return 403
    if role not in roles:
        return 403
    if bed and bed != "bed-1" and not (role == ADMIN and bed == "bed-2"):
        return 404
    return answer


def test_files_of_the_page_are_served_and_no_others(served):
    browser = served.browser()
    assert browser.get("/static/index.html").status_code == 200
    for path in (
        "/static/", "/static/nothing.js", "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py",
        "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/..%5capp.py", "/static/%00", "/api", "/api/nothing",
        "/api/beds/..%2f..%2fetc/trend", "/docs", "/openapi.json", "/metrics", "/status",
    ):  # fmt: skip
        answer = browser.get(path)
        assert answer.status_code in (401, 404), path
        assert "import" not in answer.text
        assert "root:" not in answer.text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "TRACE", "DELETE", "POST"])
def test_other_methods_do_nothing(method: str, served):
    answer = served.browser("admin").request(method, "/api/ward")
    assert (answer.status_code, answer.json()) == (405, {"error": "this cannot be done here"})
