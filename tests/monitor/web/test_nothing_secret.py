"""Planted secrets stand in no log and no answer."""

from __future__ import annotations

import pytest
from page_server import PASSWORD

from monitor.web.setup import FILE

CODE, WRONG, NEW = "planted-code-1", "planted-wrong-2", "planted-new-password-3"


def test_passwords_codes_and_tokens_are_not_logged_or_answered(
    served, tmp_path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    (tmp_path / FILE).write_text(CODE)
    caplog.set_level("DEBUG")
    browser = served.browser()
    answers = [
        browser.post("/api/setup", json={"code": CODE, "name": "x", "password": NEW}),
        browser.post("/api/setup", json={"code": WRONG, "name": "x", "password": NEW}),
        browser.post("/api/login", json={"name": "nurse", "password": WRONG}),
        browser.post("/api/login", json={"name": WRONG, "password": PASSWORD}),
    ]
    nurse, admin = served.browser("nurse"), served.browser("admin")
    answers.append(nurse.post("/api/password", json={"old": PASSWORD, "new": NEW}))
    user = {"name": "Berta", "role": "viewer", "beds": [], "password": NEW}
    answers += [admin.post("/api/users", json=user), admin.put("/api/users/Berta", json={"password": NEW + "4"})]
    answers.append(admin.get("/api/users"))
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    written = "".join((*capfd.readouterr(), *ours))
    told = "".join(answer.text for answer in answers)
    tokens = [client.cookies["vigil_session"] for client in (nurse, admin)]
    tokens += [client.headers["X-Vigil-CSRF"] for client in (nurse, admin)]
    for secret in (CODE, WRONG, NEW, PASSWORD, "$argon2", *tokens):
        assert secret not in written
        assert secret not in told
    assert "Berta" in written  # it is logged who did what
