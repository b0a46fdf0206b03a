"""Looking back: trends, alerts, evidence, the shift; each user's own beds alone."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest
from page_server import put_evidence

from monitor import clock
from monitor.alerts.topics import Reason, Topic, Verdict
from monitor.records import CannotAssess, Level, Presence
from monitor.storage.database.database import Database
from monitor.storage.database.minute_row import MinuteRow
from monitor.storage.database.tables import EVIDENCE, TREND_MINUTES
from monitor.storage.database.trend_row import TrendRow

HOUR = timedelta(hours=1)


def second(at: datetime, score: float | None, bed: str = "bed-1") -> TrendRow:
    level = Level.UNASSESSABLE if score is None else Level.PAIN if score > 0.5 else Level.NO_PAIN
    reason = CannotAssess.NO_FACE if score is None else None
    return TrendRow(bed=bed, at=at, level=level, score=score, pspi=score and 10 * score, cannot_assess=reason)


def minutes(ward, begin: datetime, count: int, *, pain_at: int) -> None:
    rows = [
        {
            "ward": ward.database.ward, "bed": "bed-1", "at": begin + timedelta(minutes=number), "seconds": 60,
            "judged": 60, "pain_share": float(number == pain_at), "score_mean": 0.9 if number == pain_at else 0.1,
            "score_max": 0.95 if number == pain_at else 0.2, "pspi_mean": 1.0,
        }
        for number in range(count)
    ]  # fmt: skip
    with ward.database.transactions.quick() as connection:
        connection.execute(TREND_MINUTES.insert(), rows)


def trend(browser, begin: datetime, end: datetime, points: int = 600, bed: str = "bed-1") -> dict:
    query = {"from": begin.isoformat(), "to": end.isoformat(), "points": points}
    answer = browser.get(f"/api/beds/{bed}/trend", params=query)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert len({len(found[name]) for name in ("at", "score", "score_max", "pspi", "assessable", "level")}) == 1
    return found


def test_a_short_trend_is_by_the_second_and_unknown_is_not_zero(served, ward):
    begin = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    scores = [0.1, 0.2, None, 0.8]
    ward.database.put_trend([second(begin + timedelta(seconds=n), score) for n, score in enumerate(scores)])
    found = trend(served.browser("viewer"), begin, begin + timedelta(seconds=6))
    assert found["step_s"] == 1
    assert found["at"] == [int(begin.timestamp()) + n for n in range(6)]
    assert found["score"] == [0.1, 0.2, None, 0.8, None, None]
    assert found["assessable"] == [1, 1, 0, 1, 0, 0]
    assert found["level"] == ["no_pain", "no_pain", "unassessable", "pain", None, None]
    assert found["pspi"][0] == 1.0


def test_points_are_means_with_their_highest_and_pain_in_them_is_not_lost(served, ward):
    begin = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    ward.database.put_trend([second(begin + timedelta(seconds=n), 0.9 if n == 30 else 0.1) for n in range(600)])
    found = trend(served.browser("viewer"), begin, begin + timedelta(seconds=600), points=10)
    assert found["step_s"] == 60
    assert found["score"][0] == pytest.approx((59 * 0.1 + 0.9) / 60, abs=1e-3)
    assert (found["score_max"][0], found["level"][0]) == (0.9, "pain")
    assert set(found["level"][1:]) == {"no_pain"}


def test_a_week_is_read_by_the_minute_in_as_many_points_as_were_asked_for(served, ward):
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    minutes(ward, begin, 7 * 1440, pain_at=5000)
    found = trend(served.browser("viewer"), begin, begin + timedelta(days=7), points=500)
    assert 450 <= len(found["at"]) <= 502
    assert found["step_s"] % 60 == 0
    assert found["level"].count("pain") == 1
    assert max(found["score_max"]) == 0.95
    assert found["assessable"].count(1.0) >= len(found["at"]) - 2


def test_what_is_no_longer_kept_by_the_second_is_shown_by_the_minute(served, ward):
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    minutes(ward, begin, 30, pain_at=3)
    found = trend(served.browser("viewer"), begin, begin + timedelta(minutes=30))
    assert found["step_s"] == 60
    assert found["level"][3] == "pain"


def test_another_ward_with_the_same_bed_is_another_bed(served, ward, tmp_path):
    begin = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    with Database.open(ward.configuration().database_url, ward="south") as other:
        other.put_trend([second(begin, 0.9)])
    assert trend(served.browser("viewer"), begin, begin + timedelta(seconds=2))["score"] == [None]


def test_alerts_stand_in_the_trend_they_fall_into(served, ward):
    now = clock.now_at()
    alert = ward.past_alert("bed-1", Topic.PAIN)
    ward.write("bed-1", alert, Reason.CONDITION_HELD, at=now - 3 * HOUR)
    alert.presence = Presence.OFF
    ward.write("bed-1", alert, Reason.CONDITION_ENDED, at=now - 2 * HOUR)
    found = trend(served.browser("viewer"), now - 4 * HOUR, now)
    assert [(mark["alert_id"], mark["topic"], mark["presence"]) for mark in found["alerts"]] == [
        (f"bed-1:{alert.number}", "pain", "off")
    ]
    mark = found["alerts"][0]
    assert datetime.fromisoformat(mark["to"]) - datetime.fromisoformat(mark["from"]) == HOUR
    assert trend(served.browser("viewer"), now - HOUR, now)["alerts"] == []


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday", "to=2026-13-01", "from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "points=0", "points=-3",
        "points=many", "points=1e3", "from=0001-01-01", "to=-5", "from=9999-01-01T00:00:00-14:00", "from=",
        "from=1e999", "from=99999999999999999999", "points=%D9%A3", "from=2999-01-01T00:00:00Z", "from=1980-01-01",
    ],
)  # fmt: skip
def test_questions_that_make_no_sense_are_refused(query: str, served):
    answer = served.browser("viewer").get(f"/api/beds/bed-1/trend?{query}")
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_a_span_that_reaches_into_the_future_ends_now(served):
    found = served.browser("viewer").get("/api/beds/bed-1/trend?to=2999-01-01T00:00:00Z&points=10")
    assert found.status_code == 200
    assert found.json()["at"][-1] <= clock.now_at().timestamp()


def test_an_alert_is_told_with_everything_that_happened_to_it(served, ward):
    ward.beds["bed-1"].level = "pain"
    name = ward.raise_alert("bed-1", Topic.PAIN)
    ward.escalate("bed-1", Topic.PAIN, "second nurse")
    nurse = served.browser("nurse")
    said = nurse.post(f"/api/alerts/{name}/acknowledge", json={"verdict": "other_need"})
    assert said.json() == {"said": f"{name} is acknowledged"}
    ward.end_alert("bed-1", Topic.PAIN)
    alert = nurse.get("/api/alerts").json()["alerts"][0]
    expected = {
        "alert_id": name, "bed": "bed-1", "room": "12", "topic": "pain", "kind": "physiological", "priority": "high",
        "presence": "off", "weak": False, "acknowledged_by": "nurse", "verdict": "other_need", "has_evidence": False,
        "has_picture": False,
    }  # fmt: skip
    assert {key: alert[key] for key in expected} == expected
    assert alert["sentence"]["en"].startswith("pain, 12 s")
    assert alert["sentence"]["de"].startswith("Schmerz, 12 s")
    assert [entry["who"] for entry in alert["escalations"]] == ["second nurse"]
    assert alert["raised_at"] <= alert["acknowledged_at"] <= alert["ended_at"]
    whole = nurse.get(f"/api/alerts/{name}").json()
    assert [(line["reason"], line["by"], line["verdict"]) for line in whole["transitions"]] == [
        ("condition_held", None, None),
        ("escalated", None, None),
        ("acknowledged", "nurse", "other_need"),
        ("condition_ended", None, None),
    ]


def test_alerts_come_newest_first_bounded_and_of_ones_own_beds(served, ward):
    now = clock.now_at()
    for hours in (5, 30, 1, 3):
        alert = ward.past_alert("bed-1", Topic.PAIN)
        ward.write("bed-1", alert, Reason.CONDITION_HELD, at=now - hours * HOUR)
    foreign = ward.raise_alert("bed-2", Topic.PAIN)
    viewer, admin = served.browser("viewer"), served.browser("admin")

    def names(browser, query: str = "") -> list[str]:
        return [alert["alert_id"] for alert in browser.get(f"/api/alerts{query}").json()["alerts"]]

    assert names(viewer) == ["bed-1:3", "bed-1:4", "bed-1:1"]
    assert names(viewer, "?limit=1") == ["bed-1:4"] or names(viewer, "?limit=1") == ["bed-1:3"]
    assert names(viewer, f"?from={(now - 48 * HOUR).timestamp()}") == ["bed-1:3", "bed-1:4", "bed-1:1", "bed-1:2"]
    assert foreign in names(admin)
    assert names(admin, "?bed=bed-2") == [foreign]
    assert viewer.get("/api/alerts?bed=bed-2").status_code == 404
    assert viewer.get(f"/api/alerts/{foreign}").status_code == 404


@pytest.mark.parametrize("name", ["bed-1:999", "bed-1:x", "bed-1:", "bed-1", ":1", "bed-1:1:1", "bed-1:9" * 9])
def test_alerts_that_there_are_not(name: str, served):
    assert served.browser("admin").get(f"/api/alerts/{name}").status_code == 404


def test_alerts_about_emotions_are_not_told_unless_the_ward_says_so(served, ward):
    name = ward.raise_alert("bed-1", Topic.DISTRESS_FEAR)
    admin = served.browser("admin")
    assert admin.get("/api/alerts").json()["alerts"] == []
    assert admin.get(f"/api/alerts/{name}").status_code == 404
    assert admin.get("/api/ward").json()["beds"][0]["alerts"] == []
    assert "fear" not in admin.get("/api/shift").text


def test_evidence_has_words_bars_and_a_heatmap_but_no_face(served, ward):
    name = ward.raise_alert("bed-1", Topic.PAIN)
    viewer = served.browser("viewer")
    assert viewer.get(f"/api/alerts/{name}/evidence").status_code == 404
    put_evidence(ward, name)
    found = viewer.get(f"/api/alerts/{name}/evidence").json()
    assert viewer.get(f"/api/alerts/{name}").json()["has_evidence"] is True
    assert found["units"][0]["name"] == {"en": "brow lowered", "de": "Brauen gesenkt"}
    assert (found["units"][0]["mu"], found["units"][0]["chance"]) == (0.44, 0.12)
    assert "Brauen" in found["sentence"]["de"]
    assert "face_jpeg" not in found
    heat = picture(found["relevance_png"])
    assert heat.shape == (112, 112, 4)
    assert heat[43, 42, 3] > 180  # strong over the brow
    assert heat[43, 42, 2] > heat[43, 42, 0]  # and warm
    assert heat[84, 56, 0] > heat[84, 56, 2]  # cold where it speaks against
    assert heat[5, 5, 3] == 0


def test_evidence_that_cannot_be_read_is_none(served, ward):
    name = ward.raise_alert("bed-1", Topic.PAIN)
    row = {"ward": "north", "bed": "bed-1", "alert_id": name, "at": clock.now_at(), "document": '{"bed": 5}'}
    with ward.database.transactions.sure() as connection:
        connection.execute(EVIDENCE.insert(), row)
    assert served.browser("viewer").get(f"/api/alerts/{name}/evidence").status_code == 404


def test_a_heatmap_shows_the_face_only_to_those_who_may_see_pictures(served):
    seen = {name: served.browser(name).get("/api/beds/bed-1/heatmap").json() for name in ("viewer", "watcher", "nurse")}
    assert {name: "face_jpeg" in found for name, found in seen.items()} == {
        "viewer": False, "watcher": True, "nurse": True,
    }  # fmt: skip
    assert seen["nurse"]["face_jpeg"].startswith("data:image/jpeg;base64,")
    assert seen["viewer"]["relevance_png"] == seen["nurse"]["relevance_png"]


def test_the_shift_in_the_language_that_was_asked_for(served, ward):
    name = ward.raise_alert("bed-1", Topic.PAIN)
    ward.raise_alert("bed-2", Topic.CAMERA_OFFLINE)
    nurse = served.browser("nurse")
    nurse.post(f"/api/alerts/{name}/acknowledge", json={"verdict": Verdict.PAIN.value})
    english = nurse.get("/api/shift?language=en").json()
    german = nurse.get("/api/shift?language=de").json()
    assert [bed["bed"] for bed in english["beds"]] == ["bed-1"]  # only one's own
    assert english["beds"][0]["lines"][0] == "1 alert: 1 × pain"
    assert "acknowledged by nurse" in english["beds"][0]["lines"][1]
    assert "Schmerz" in german["beds"][0]["lines"][0]
    assert nurse.get("/api/shift?language=fr").status_code == 400
    assert nurse.get("/api/shift?from=2026-01-01T00:00:00Z").status_code == 400


def test_a_shift_knows_how_its_alerts_began_before_it(served, ward):
    now = clock.now_at()
    alert = ward.past_alert("bed-1", Topic.PAIN)
    ward.write("bed-1", alert, Reason.CONDITION_HELD, at=now - 9 * HOUR)
    alert.presence = Presence.OFF
    ward.write("bed-1", alert, Reason.CONDITION_ENDED, at=now - 7 * HOUR)
    lines = served.browser("viewer").get("/api/shift").json()["beds"][0]["lines"]
    assert "(before this shift)" in lines[1]
    assert "over after 2 h" in lines[1]


def test_the_last_hour_comes_with_the_ward(served, ward):
    now = clock.now_at().replace(second=0, microsecond=0)
    row = MinuteRow(
        bed="bed-1", at=now - timedelta(minutes=5), seconds=60, judged=60, pain_share=0.5, score_mean=0.6,
        score_min=0.1, score_max=0.9, confidence_mean=None, coverage_mean=None, pspi_mean=None, pspi_max=None,
        mu_mean=None, fps_mean=None, cannot_assess=None, emotions=None,
    )  # fmt: skip
    values = {name: getattr(row, name) for name in MinuteRow.__slots__} | {"ward": "north"}
    with ward.database.transactions.quick() as connection:
        connection.execute(TREND_MINUTES.insert(), values)
    viewer = served.browser("viewer")
    while not (trend := viewer.get("/api/ward").json()["beds"][0]["trend"]):
        ward.publish()
    assert trend == [{"at": row.at.isoformat(timespec="seconds"), "score": 0.6, "level": "pain"}]


def picture(url: str) -> np.ndarray:
    payload = base64.b64decode(url.removeprefix("data:image/png;base64,"))
    return cv2.imdecode(np.frombuffer(payload, np.uint8), cv2.IMREAD_UNCHANGED)
