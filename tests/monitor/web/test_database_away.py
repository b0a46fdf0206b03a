"""The page while its database is away: who was logged in goes on seeing the ward, and nothing hangs."""

from __future__ import annotations

import httpx
import pytest
from page_server import PASSWORD, QUICK, serving

from monitor.alerts.topics import Topic
from monitor.storage.database.trouble import Cause, DatabaseTrouble
from monitor.web.making import make_page


@pytest.fixture
def cut(served):
    """Cuts the page's connections off."""

    def away(*_: object) -> None:
        raise DatabaseTrouble(Cause.UNREACHABLE, "/secret/place: the server does not answer")

    def cut() -> None:
        for opening in (served.page.accounts, served.page.records):
            opening.close()
            opening._open = away

    return cut


def test_who_was_logged_in_still_sees_the_beds_and_acknowledges(served, ward, cut):
    nurse = served.browser("nurse")
    alert = ward.raise_alert("bed-1", Topic.PAIN)
    cut()
    assert nurse.get("/api/ward").json()["beds"][0]["alerts"][0]["alert_id"] == alert
    assert nurse.get("/api/beds/bed-1/picture.jpg").status_code == 200
    assert nurse.post(f"/api/alerts/{alert}/acknowledge", json={"verdict": None}).status_code == 200
    assert nurse.get("/api/beds/bed-2/picture.jpg").status_code == 404


def test_what_needs_the_database_says_so_without_its_inside(served, cut):
    nurse = served.browser("nurse")
    cut()
    for path in ("/api/alerts", "/api/beds/bed-1/trend", "/api/shift"):
        answer = nurse.get(path)
        assert answer.status_code == 503
        assert answer.json() == {"error": "this cannot be answered now; try again in a moment"}
    stranger = served.browser()
    assert stranger.post("/api/login", json={"name": "nurse", "password": PASSWORD}).status_code == 503
    assert stranger.get("/api/ward").status_code == 401


def test_what_was_known_a_while_ago_is_trusted_no_longer(served, cut):
    nurse = served.browser("nurse")
    cut()
    served.clock.ahead_s = 300.0
    assert nurse.get("/api/ward").status_code == 200
    served.clock.ahead_s = 601.0
    assert nurse.get("/api/ward").status_code == 503


def test_a_login_that_ran_out_is_not_known_from_before(served, cut):
    served.settings(session_hours=0.1)
    nurse = served.browser("nurse")
    cut()
    served.clock.ahead_s = 361.0
    assert nurse.get("/api/ward").status_code == 503


def test_a_page_whose_service_has_not_made_the_database_yet_serves_later(ward, tmp_path):
    ward.close()
    database = tmp_path / "vigil.sqlite"
    hidden = database.rename(tmp_path / "hidden.sqlite")
    with serving(make_page(ward, QUICK)) as (_, port), httpx.Client(base_url=f"http://127.0.0.1:{port}") as browser:
        assert browser.get("/api/session", timeout=60).status_code == 503
        assert not database.exists()  # the service makes it, not the page
        hidden.rename(database)
        assert browser.get("/api/session", timeout=60).json()["setup_needed"] is True


def test_a_service_that_has_not_spoken_yet_is_said_so(served, ward):
    nurse = served.browser("nurse")
    ward.snapshot = lambda: None
    assert (nurse.get("/api/ward").status_code, nurse.get("/api/ward").json()) == (
        503, {"error": "the service has not said anything yet"},
    )  # fmt: skip


def test_a_refusal_of_the_service_is_handed_on(served, ward):
    nurse = served.browser("nurse")
    answer = nurse.post("/api/alerts/bed-1:77/acknowledge", json={"verdict": "pain"})
    assert (answer.status_code, answer.json()) == (409, {"error": "bed-1:77: is not out"})
