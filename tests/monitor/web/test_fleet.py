"""Several wards in one database: each page shows its own, and those of the others that the user may see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest
from fake_ward import FakeWard
from page_server import PASSWORD, QUICK, add, put_evidence, serving
from postgresql_server import PASSWORD as DATABASE_PASSWORD
from postgresql_server import PostgresqlServer, postgresql_server

from monitor import clock
from monitor.alerts.topics import Topic
from monitor.records import Level
from monitor.storage.database.trend_row import TrendRow
from monitor.ward.credentials import Secret
from monitor.ward.page import PageSettings
from monitor.ward.service import StorageSettings
from monitor.web.link import BedPlace
from monitor.web.making import make_page
from monitor.web.roles import Role

BEDS = {"bed-1": BedPlace(room="12", resident="left bed")}


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def wards(request, tmp_path) -> Iterator[tuple[FakeWard, FakeWard]]:
    """North, whose page is looked at, and south."""
    more: dict[str, object] = {}
    if request.param == "postgresql":
        more["database_url"] = request.getfixturevalue("server").new_place()
        more["database_password"] = Secret(DATABASE_PASSWORD)
    else:
        more["database_url"] = f"sqlite:///{tmp_path / 'both.sqlite'}"
    page = PageSettings(enabled=True, port=1, fleet="database")
    made = [FakeWard(tmp_path, BEDS, page, ward=name, **more) for name in ("north", "south")]
    add(made[0], "everybody", Role.NURSE, None)
    add(made[0], "north only", Role.NURSE, ("bed-1",))
    yield made[0], made[1]
    for ward in made:
        ward.close()


def tell(ward: FakeWard, age: timedelta = timedelta()) -> None:
    """What the supervisor writes for the pages of the others."""
    ward.database.snapshots.put(clock.now_at() - age, json.dumps(ward.status()))


def others(browser: httpx.Client, ward: FakeWard, wanted) -> list:
    """The other wards, once ``wanted`` says that they have come."""
    while not wanted(found := browser.get("/api/ward").json()["other_wards"]):
        ward.publish()
    return found


@contextmanager
def logged_in(port: int, name: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as browser:
        assert browser.post("/api/login", json={"name": name, "password": PASSWORD}).status_code == 204
        yield browser


def test_all_beds_of_the_fleet_for_those_who_may_see_them(wards):
    north, south = wards
    south.beds["bed-1"].level, south.beds["bed-1"].score = "pain", 0.8
    alert = south.raise_alert("bed-1", Topic.PAIN)
    tell(south)
    with serving(make_page(north, QUICK)) as (_, port):
        with logged_in(port, "everybody") as browser:
            (ward,) = others(browser, north, bool)
            assert (ward["ward"], ward["age_s"] < 300) == ("south", True)
            (bed,) = ward["beds"]
            assert (bed["bed"], bed["room"], bed["level"]) == ("bed-1", "12", "pain") or ward["age_s"] > 5
            assert [entry["alert_id"] for entry in bed["alerts"]] == [alert]
            assert "trend" not in bed
            assert "may" not in bed
            # the beds are called alike, but what is asked of bed-1 here is asked of this ward's
            assert browser.get(f"/api/alerts/{alert}").status_code == 404
        with logged_in(port, "north only") as browser:
            assert browser.get("/api/ward").json()["other_wards"] == []
            assert [bed["bed"] for bed in browser.get("/api/ward").json()["beds"]] == ["bed-1"]


def test_another_ward_that_fell_silent_is_no_ward_without_pain(wards):
    north, south = wards
    tell(south, timedelta(minutes=3))
    with serving(make_page(north, QUICK)) as (_, port), logged_in(port, "everybody") as browser:
        (ward,) = others(browser, north, bool)
        assert ward["age_s"] > 170
        assert (ward["beds"][0]["level"], ward["beds"][0]["because"]) == ("unassessable", "service silent")


def test_what_another_version_of_the_program_wrote_does_no_harm(wards):
    north, south = wards
    tell(south)
    for name, document in (("west", "no json"), ("east", "[]"), ("top", '{"beds": 5}'), ("odd", '{"beds": {"b": {}}}')):
        south.database.as_ward(name).snapshots.put(clock.now_at(), document)
    with serving(make_page(north, QUICK)) as (_, port), logged_in(port, "everybody") as browser:
        found = others(browser, north, lambda told: len(told) > 1)
        assert [ward["ward"] for ward in found] == ["odd", "south"]


def test_one_ward_alone_shows_no_other(wards):
    north, south = wards
    tell(south)
    configuration = north.configuration()
    north.configure(
        type(configuration)(
            ward="north", page=PageSettings(enabled=True, port=1), beds=BEDS, privacy=configuration.privacy,
            database_url=configuration.database_url, database_password=configuration.database_password,
            state=configuration.state,
        )
    )  # fmt: skip
    page = make_page(north, QUICK)
    nothing_read = page.history.known
    with serving(page) as (_, port), logged_in(port, "everybody") as browser:
        while page.history.known is nothing_read:
            assert browser.get("/api/alerts").status_code == 200
        assert browser.get("/api/ward").json()["other_wards"] == []


def test_the_same_users_log_in_at_every_box(wards):
    north, south = wards
    with serving(make_page(north, QUICK)) as (_, first), serving(make_page(south, QUICK)) as (_, second):
        with logged_in(first, "everybody") as browser:
            token = browser.cookies["vigil_session"]
        with httpx.Client(base_url=f"http://127.0.0.1:{second}", timeout=60) as there:
            there.cookies.set("vigil_session", token, domain="127.0.0.1")
            assert [bed["bed"] for bed in there.get("/api/ward").json()["beds"]] == ["bed-1"]
        with logged_in(second, "north only") as there:
            assert there.get("/api/ward").json()["beds"] == []  # bed-1 of the north is not bed-1 of the south


def test_looking_back_is_the_same_on_either_database(wards):
    north, south = wards
    begin = clock.now_at().replace(second=0, microsecond=0) - timedelta(hours=3)
    for ward, score in ((north, 0.2), (south, 0.9)):
        rows = [
            TrendRow(bed="bed-1", at=begin + timedelta(seconds=n), level=Level.NO_PAIN, score=score, pspi=1.0)
            for n in range(180)
        ]
        ward.database.put_trend(rows)
        ward.database.prune(clock.now_at(), StorageSettings(), pause_s=0.0)  # also counts the minutes that are over
        put_evidence(ward, ward.raise_alert("bed-1", Topic.PAIN))
    moment = {"from": begin.isoformat(), "to": (begin + timedelta(minutes=3)).isoformat()}
    with serving(make_page(north, QUICK)) as (_, port), logged_in(port, "everybody") as browser:
        by_second = browser.get("/api/beds/bed-1/trend", params={**moment, "points": 18}).json()
        assert (by_second["step_s"], by_second["score"], by_second["assessable"]) == (10, [0.2] * 18, [1.0] * 18)
        week = {"from": (begin - timedelta(days=6)).isoformat(), "points": 200}
        by_minute = browser.get("/api/beds/bed-1/trend", params=week).json()
        known = [(score, level) for score, level in zip(by_minute["score"], by_minute["level"], strict=True) if level]
        assert set(known) == {(0.2, "no_pain")}
        assert [mark["alert_id"] for mark in by_minute["alerts"]] == ["bed-1:1"]
        (alert,) = browser.get("/api/alerts").json()["alerts"]
        assert (alert["alert_id"], alert["has_evidence"]) == ("bed-1:1", True)
        assert browser.get("/api/alerts/bed-1:1/evidence").json()["units"]
        assert browser.get("/api/shift").json()["beds"][0]["lines"][0] == "1 alert: 1 × pain"
