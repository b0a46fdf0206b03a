"""Logging in, how often it may fail, how long it lasts, and everything that ends it."""

from __future__ import annotations

import re

import pytest
from argon2 import PasswordHasher
from page_server import PASSWORD, add

from monitor.storage.database.tables import SESSIONS, USERS
from monitor.web.passwords import Passwords, weakness
from monitor.web.roles import Role

WRONG = {"error": "name or password is wrong"}


def attempt(browser, name: str, password: str = "not this one"):
    return browser.post("/api/login", json={"name": name, "password": password})


def test_a_login_gives_a_cookie_that_scripts_and_other_sites_cannot_use(served):
    browser = served.browser()
    answer = attempt(browser, "nurse", PASSWORD)
    assert (answer.status_code, answer.content) == (204, b"")
    cookie = answer.headers["set-cookie"]
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "Secure" not in cookie  # plain HTTP on loopback
    assert re.search(r"vigil_session=[\w-]{43};", cookie)
    told = browser.get("/api/session").json()
    assert told["user"] == {"name": "nurse", "role": "nurse", "pictures": True, "beds": ["bed-1"]}
    assert len(told["csrf"]) == 43
    assert (told["ward"], told["language"], told["setup_needed"]) == ("north", "en", False)


def test_nobody_is_told_whether_the_name_was_right(served):
    browser = served.browser()
    answers = [attempt(browser, "nurse"), attempt(browser, "nobody of this name"), attempt(browser, "")]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(401, WRONG)] * 3
    assert browser.get("/api/session").json()["user"] is None


def test_upper_and_lower_case_of_a_name_are_the_same(served):
    assert served.browser().log_in("NURSE").get("/api/session").json()["user"]["name"] == "nurse"


def test_an_unknown_name_costs_as_much_as_a_wrong_password():
    checked = []

    class Counting(PasswordHasher):
        def verify(self, kept: str | bytes, password: str | bytes) -> bool:
            checked.append(kept)
            return super().verify(kept, password)

    passwords = Passwords(Counting(time_cost=1, memory_cost=64, parallelism=1))
    kept = passwords.hash(PASSWORD)
    assert passwords.fits(kept, PASSWORD)
    assert not passwords.fits(kept, PASSWORD + "!")
    assert not passwords.fits(None, PASSWORD)
    assert not passwords.fits(None, "a password that nobody has")
    assert len(checked) == 4
    assert all(str(text).split("$")[:4] == kept.split("$")[:4] for text in checked)  # the same work each time


def test_passwords_are_kept_by_argon2id_with_at_least_64_mib():
    kept = Passwords().hash(PASSWORD)
    parameters = re.match(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$", kept)
    assert parameters is not None
    assert int(parameters[1]) >= 64 * 1024
    assert PASSWORD not in kept


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least 10"),
        ("x" * 257, "at most 256"),
        ("ababababab", "repeats"),
        ("the Nurse 2026", "must not contain the name"),
    ],
)
def test_weak_passwords_are_refused_in_words(password: str, why: str):
    assert why in str(weakness(password, "nurse"))
    assert weakness(PASSWORD, "nurse") is None


def test_after_five_failures_a_name_rests_and_is_told_how_long(served):
    browser = served.browser()
    assert [attempt(browser, "nurse").status_code for _ in range(5)] == [401] * 5
    refused = attempt(browser, "Nurse", PASSWORD)  # the right one too, else it could be found in the time of rest
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 300
    assert "try again in 5 min" in refused.json()["error"]
    assert attempt(browser, "viewer", PASSWORD).status_code == 204  # others are not held up
    served.clock.ahead_s = 301.0
    assert attempt(browser, "nurse", PASSWORD).status_code == 204


def test_an_address_that_fails_with_many_names_rests_too(served):
    browser = served.browser()
    codes = [attempt(browser, f"name {number}").status_code for number in range(21)]
    assert codes == [401] * 20 + [429]
    assert attempt(browser, "nurse", PASSWORD).status_code == 429


def test_logins_that_are_right_count_against_nobody(served):
    browser = served.browser()
    assert [attempt(browser, "nurse", PASSWORD).status_code for _ in range(25)] == [204] * 25


def test_behind_a_proxy_the_last_address_counts_and_others_are_not_held_up(served):
    served.settings(behind_proxy=True)
    browser = served.browser()
    for number in range(21):
        browser.headers["X-Forwarded-For"] = f"10.0.0.{number}, 192.0.2.7"  # the first may be invented
        last = attempt(browser, f"name {number}")
    assert last.status_code == 429
    browser.headers["X-Forwarded-For"] = "192.0.2.8"
    assert attempt(browser, "nurse", PASSWORD).status_code == 204


def test_without_a_proxy_nobody_invents_an_address(served):
    browser = served.browser()
    for number in range(21):
        browser.headers["X-Forwarded-For"] = f"192.0.2.{number}"
        last = attempt(browser, f"name {number}")
    assert last.status_code == 429


def test_every_login_has_a_new_token_and_the_one_before_ends(served):
    browser, thief = served.browser("nurse"), served.browser()
    before = browser.cookies["vigil_session"]
    thief.cookies.set("vigil_session", before, domain="127.0.0.1")
    assert thief.get("/api/ward").status_code == 200
    browser.log_in("nurse")
    assert browser.cookies["vigil_session"] != before
    assert thief.get("/api/ward").status_code == 401


def test_a_token_that_somebody_planted_is_not_taken_over(served):
    browser = served.browser()
    browser.cookies.set("vigil_session", "planted-by-somebody", domain="127.0.0.1")
    answer = attempt(browser, "nurse", PASSWORD)
    assert "planted" not in answer.headers["set-cookie"]


def test_the_database_holds_neither_token_nor_password(served, ward):
    browser = served.browser("nurse")
    with ward.database.transactions.read() as connection:
        rows = [*connection.execute(SESSIONS.select()), *connection.execute(USERS.select())]
    written = repr([tuple(row) for row in rows])
    assert browser.cookies["vigil_session"] not in written
    assert PASSWORD not in written


def test_logging_out_ends_the_login_for_good(served):
    browser = served.browser("nurse")
    token = browser.cookies["vigil_session"]
    assert browser.post("/api/logout", json={}).status_code == 204
    assert "vigil_session" not in browser.cookies
    browser.cookies.set("vigil_session", token, domain="127.0.0.1")
    assert browser.get("/api/ward").status_code == 401


def test_a_login_ends_after_its_hours_however_much_it_is_used(served):
    served.settings(session_hours=2.0, idle_minutes=60.0)
    browser = served.browser("nurse")
    for minutes in (50, 100, 119):
        served.clock.ahead_s = 60.0 * minutes
        assert browser.get("/api/alerts").status_code == 200
    served.clock.ahead_s = 7201.0
    assert browser.get("/api/alerts").status_code == 401


def test_what_a_page_asks_by_itself_does_not_keep_a_login_alive(served):
    browser = served.browser("nurse")
    served.clock.ahead_s = 3000.0
    assert browser.get("/api/ward").status_code == 200
    assert browser.get("/api/session").json()["user"] is not None
    served.clock.ahead_s = 3700.0
    assert browser.get("/api/ward").status_code == 401
    assert browser.get("/api/session").json()["user"] is None


def test_a_display_on_the_wall_stays_logged_in_without_a_touch(served):
    served.settings(idle_minutes=0.0)
    browser = served.browser("nurse")
    served.clock.ahead_s = 11.9 * 3600
    assert browser.get("/api/ward").status_code == 200


def test_another_password_ends_every_other_login_and_keeps_this_one(served):
    here, there = served.browser("nurse"), served.browser("nurse")
    answer = here.post("/api/password", json={"old": PASSWORD, "new": "seven calm windows"})
    assert answer.status_code == 204
    assert here.renew().get("/api/ward").status_code == 200
    assert there.get("/api/ward").status_code == 401
    assert attempt(there, "nurse", PASSWORD).status_code == 401
    assert attempt(there, "nurse", "seven calm windows").status_code == 204


def test_who_finds_an_open_page_cannot_try_old_passwords_without_end(served):
    browser = served.browser("nurse")
    said = {"old": "not this one", "new": "seven calm windows"}
    assert [browser.post("/api/password", json=said).status_code for _ in range(6)] == [403] * 5 + [429]


def test_a_weak_new_password_is_refused(served):
    answer = served.browser("nurse").post("/api/password", json={"old": PASSWORD, "new": "short"})
    assert (answer.status_code, answer.json()) == (422, {"error": "the password must have at least 10 signs"})


def test_one_user_cannot_fill_the_database_with_logins(served, ward):
    browsers = [served.browser("nurse") for _ in range(22)]
    with ward.database.transactions.read() as connection:
        assert len(connection.execute(SESSIONS.select()).all()) == 20
    assert [browser.get("/api/ward").status_code for browser in browsers] == [401] * 2 + [200] * 20


def test_a_user_whose_row_was_spoilt_by_hand_may_nothing(served, ward):
    add(ward, "odd", Role.NURSE, ("bed-1",))
    browser = served.browser("odd")
    with ward.database.transactions.sure() as connection:
        connection.execute(USERS.update().where(USERS.c.name == "odd").values(role="superuser"))
    assert browser.get("/api/ward").status_code == 401
