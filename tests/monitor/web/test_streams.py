"""Events and live pictures: what they carry, and that they end with the right to see them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import cv2
import httpx
import numpy as np
import pytest
from page_server import PASSWORD, QUICK, add, serving

from monitor import clock
from monitor.alerts.topics import Topic
from monitor.web.blank import GREY
from monitor.web.making import make_page
from monitor.web.roles import BedRights, Role
from monitor.web.users import change_user, remove_user

BOUNDARY = b"--vigil-picture"


@contextmanager
def events(browser) -> Iterator[Iterator[tuple[str, dict]]]:
    """Name and content of every event, until the server ends the stream."""
    with browser.stream("GET", "/api/events") as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer.iter_lines())


def _events(lines: Iterator[str]) -> Iterator[tuple[str, dict]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def parts(answer: httpx.Response) -> Iterator[bytes]:
    """The pictures of a live stream, until the server ends it."""
    held = b""
    for chunk in answer.iter_raw():
        held += chunk
        while held.count(BOUNDARY) >= 2:
            part, held = held[held.index(BOUNDARY) + len(BOUNDARY) :].split(BOUNDARY, 1)
            held = BOUNDARY + held
            head, picture = part.split(b"\r\n\r\n", 1)
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            yield picture[:length]


def is_blank(picture: bytes) -> bool:
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    return bool(image.std() < 2 and abs(image.mean() - GREY) < 3)


def test_an_alert_arrives_by_itself_and_goes_by_itself(served, ward):
    with events(served.browser("nurse")) as told:
        name, first = next(told)
        assert name == "ward"
        assert [bed["bed"] for bed in first["beds"]] == ["bed-1"]
        alert = ward.raise_alert("bed-1", Topic.PAIN)
        ward.raise_alert("bed-2", Topic.PAIN)
        shown = next(view for _, view in told if view["beds"][0]["alerts"])
        assert [entry["alert_id"] for entry in shown["beds"][0]["alerts"]] == [alert]
        since = next(view for _, view in told if view["beds"][0]["alerts"][0]["since"])
        assert clock.now_at().isoformat()[:13] == since["beds"][0]["alerts"][0]["since"][:13]
        ward.end_alert("bed-1", Topic.PAIN)
        assert next(view for _, view in told if not view["beds"][0]["alerts"])


def test_events_come_although_nothing_happens(served):
    with events(served.browser("viewer")) as told:
        assert [name for name, _ in (next(told) for _ in range(3))] == ["ward"] * 3


def test_a_service_that_fell_silent_is_never_a_bed_without_pain(served, ward):
    ward.beds["bed-1"].level = "no_pain"
    ward.publish()
    ward.silent = True
    with events(served.browser("viewer")) as told:
        view = next(view for _, view in told if view["age_s"] > 5)
    bed = view["beds"][0]
    assert (bed["level"], bed["score"], bed["assessable"], bed["because"]) == (
        "unassessable", None, False, "service silent",
    )  # fmt: skip


def removed(ward) -> None:
    remove_user(ward.database.transactions, "watcher")


def changed(ward, **changes) -> None:
    change_user(ward.database.transactions, "watcher", clock.now_at(), **changes)


ENDS = {
    "removed": removed,
    "another password": lambda ward: changed(ward, password_hash="another"),
    "no beds": lambda ward: changed(ward, beds=BedRights()),
    "no pictures": lambda ward: changed(ward, pictures=False),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_live_view_ends_by_itself_when_its_right_ends(how: str, served, ward):
    browser = served.browser("watcher")
    with browser.stream("GET", "/api/beds/bed-1/live.mjpeg") as answer:
        assert answer.headers["content-type"] == "multipart/x-mixed-replace; boundary=vigil-picture"
        pictures = parts(answer)
        assert not is_blank(next(pictures))
        with ward.lock:
            ENDS[how](ward)
        *_, last = pictures
        assert is_blank(last)  # the browser would go on showing the last one


@pytest.mark.parametrize("how", ["removed", "another password"])
def test_events_end_with_the_login_and_say_so(how: str, served, ward):
    with events(served.browser("watcher")) as told:
        next(told)
        with ward.lock:
            ENDS[how](ward)
        *_, (name, _) = told
        assert name == "signed_out"


def test_beds_that_are_taken_away_vanish_from_events_that_go_on(served, ward):
    with events(served.browser("watcher")) as told:
        assert next(told)[1]["beds"]
        with ward.lock:
            changed(ward, beds=BedRights())
        assert next(view for _, view in told if not view["beds"])


def test_a_login_that_runs_out_ends_its_streams(served):
    served.settings(session_hours=1.0)
    with events(served.browser("nurse")) as told:
        next(told)
        served.clock.ahead_s = 3601.0
        *_, (name, _) = told
        assert name == "signed_out"


def test_a_privacy_pause_blanks_a_live_view_and_ends_with_it(served, ward):
    browser = served.browser("nurse")
    with browser.stream("GET", "/api/beds/bed-1/live.mjpeg") as answer:
        pictures = parts(answer)
        assert not is_blank(next(pictures))
        assert served.browser("nurse").post("/api/beds/bed-1/privacy-pause", json={"seconds": 60}).status_code == 200
        assert next(picture for picture in pictures if is_blank(picture))
        ward.beds["bed-1"].privacy_until = None
        ward.publish()
        assert next(picture for picture in pictures if not is_blank(picture))


def test_a_privacy_pause_that_only_the_service_knows_of_shows_nothing_either(served, ward):
    """The picture source may be a moment late: what the snapshot says counts as well."""
    ward.picture = lambda bed: pytest.fail("nobody may ask for a picture now")
    ward.beds["bed-1"].privacy_until = clock.now_at() + timedelta(minutes=5)
    ward.publish()
    nurse = served.browser("nurse")
    assert nurse.get("/api/beds/bed-1/picture.jpg").status_code == 404
    assert nurse.get("/api/beds/bed-1/heatmap").status_code == 404


def test_eight_watch_and_the_ninth_is_told_so_until_one_goes(served, ward):
    add(ward, "second", Role.NURSE, None)
    browsers = [served.browser("nurse") for _ in range(8)]
    streams = [browser.stream("GET", "/api/beds/bed-1/live.mjpeg") for browser in browsers]
    for stream in streams:
        assert stream.__enter__().status_code == 200
    ninth = served.browser("second")
    refused = ninth.get("/api/beds/bed-2/live.mjpeg")
    assert (refused.status_code, refused.json()["error"]) == (503, "8 watch already; try again later")
    streams[0].__exit__(None, None, None)
    browsers[0].close()
    while True:  # the server notices on its own
        with ninth.stream("GET", "/api/beds/bed-2/live.mjpeg") as answer:
            if answer.status_code == 200:
                break
            answer.read()
    for stream in streams[1:]:
        stream.__exit__(None, None, None)


def test_one_login_cannot_take_every_place_for_events(served):
    browser = served.browser("nurse")
    with httpx.Client(base_url=served.base, timeout=60, limits=httpx.Limits(max_connections=20)) as client:
        client.cookies.update(browser.cookies)
        streams = [client.stream("GET", "/api/events") for _ in range(9)]
        codes = [stream.__enter__().status_code for stream in streams]
        assert codes == [200] * 8 + [503]
        assert served.browser("viewer").get("/api/ward").status_code == 200
        for stream in streams:
            stream.__exit__(None, None, None)


def test_a_page_that_stops_ends_its_streams_without_logging_anybody_out(ward, caplog: pytest.LogCaptureFixture):
    """A browser that is told so would show the login; it must come back by itself when the page does."""
    add(ward, "nurse", Role.NURSE, ("bed-1",))
    with (
        serving(make_page(ward, QUICK)) as (server, port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as browser,
    ):
        assert browser.post("/api/login", json={"name": "nurse", "password": PASSWORD}).status_code == 204
        with events(browser) as told, browser.stream("GET", "/api/beds/bed-1/live.mjpeg") as live:
            assert next(told)[0] == "ward"
            server.should_exit = True
            assert {name for name, _ in told} <= {"ward"}
            assert live.read()
    assert [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []
