"""Pictures that were kept of alerts: encrypted, shown only where the ward keeps them and the user may see them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drawn_face import face_jpeg

from monitor import clock
from monitor.alerts.topics import Topic
from monitor.storage.database.database import Database
from monitor.storage.database.pictures import StoredPicture
from monitor.ward.secret import Secret
from monitor.ward.service import PrivacySettings

KEY = "0123456789abcdef" * 4
PICTURE = face_jpeg(112, 112, pain=True)


@pytest.fixture
def alert(served, ward) -> str:
    """An alert of bed-1 with its picture, in a ward that keeps pictures."""
    configuration = ward.configuration()
    ward.configure(replace(configuration, privacy=PrivacySettings(pixels=True), pixels_key=Secret(KEY)))
    name = ward.raise_alert("bed-1", Topic.PAIN)
    with Database.open(configuration.database_url, ward="north", pixels_key=KEY) as keeping:
        keeping.put_picture(StoredPicture(bed="bed-1", at=clock.now_at(), image=PICTURE, alert_id=name))
    return name


def test_the_picture_of_an_alert_for_those_who_may_see_it(served, alert):
    for name in ("nurse", "watcher", "admin"):
        browser = served.browser(name)
        assert browser.get("/api/alerts").json()["alerts"][0]["has_picture"] is True
        answer = browser.get(f"/api/alerts/{alert}/picture.jpg")
        assert (answer.headers["content-type"], answer.content) == ("image/jpeg", PICTURE)
    viewer = served.browser("viewer")
    assert viewer.get("/api/alerts").json()["alerts"][0]["has_picture"] is False
    assert viewer.get(f"/api/alerts/{alert}/picture.jpg").status_code == 403


def test_a_ward_that_keeps_no_pictures_any_more_shows_none(served, ward, alert):
    ward.configure(replace(ward.configuration(), privacy=PrivacySettings()))
    nurse = served.browser("nurse")
    assert nurse.get(f"/api/alerts/{alert}/picture.jpg").status_code == 404
    assert nurse.get("/api/alerts").json()["alerts"][0]["has_picture"] is False


def test_another_key_opens_nothing(served, ward, alert):
    ward.configure(replace(ward.configuration(), pixels_key=Secret("fedcba9876543210" * 4)))
    assert served.browser("nurse").get(f"/api/alerts/{alert}/picture.jpg").status_code == 404
