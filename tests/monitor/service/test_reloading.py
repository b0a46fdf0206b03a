"""What runs after a reload: everything new but what waits for a restart of the service."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.classifier import ClassifierSettings
from monitor.service.reloading import without_waiting
from monitor.ward.beds import BedSettings
from monitor.ward.facility import FacilitySettings
from monitor.ward.reload import differences, plan_reload
from monitor.ward.service import HealthSettings, PrivacySettings, StorageSettings
from monitor.ward.sources import CaptureSettings, RecordingSource, RtspSource

OLD = FacilitySettings(
    sources={"door": RecordingSource(path=Path("/film.mp4"))}, beds={"bed-1": BedSettings(source="door")}
)
LOCKED = RtspSource(url="rtsp://camera/1", username="viewer", password_credential="new-camera")


@pytest.mark.parametrize(
    ("wanted", "waiting"),
    [
        (FacilitySettings(sources=OLD.sources, beds=OLD.beds, name="other"), {"name"}),
        (
            FacilitySettings(sources=OLD.sources, beds=OLD.beds, classifier=ClassifierSettings(threads=1)),
            {"classifier.threads"},
        ),
        (FacilitySettings(sources=OLD.sources, beds=OLD.beds, health=HealthSettings(port=9)), set()),
        (
            FacilitySettings(
                sources=OLD.sources, beds=OLD.beds, capture=CaptureSettings(ring_slots=9, frozen_after_s=7.0)
            ),
            {"capture.ring_slots"},
        ),
        (
            FacilitySettings(
                sources=OLD.sources,
                beds=OLD.beds,
                storage=StorageSettings(
                    database_url="sqlite:////other", seconds_kept_days=1.0, pixels_key_credential="key"
                ),
                privacy=PrivacySettings(pixels=True, emotion_scores=True),
            ),
            {"storage.database_url", "storage.pixels_key_credential", "privacy.pixels"},
        ),
        (
            FacilitySettings(
                sources={**OLD.sources, "locked": LOCKED},
                beds={**OLD.beds, "bed-2": BedSettings(source="locked"), "bed-3": BedSettings(source="door")},
            ),
            {"sources", "beds"},
        ),
    ],
    ids=["name", "network", "nothing", "ring", "database", "credential"],
)  # fmt: skip
def test_what_waits_stays_as_it_was_and_the_rest_is_new(wanted: FacilitySettings, waiting: set[str]):
    plan = plan_reload(OLD, wanted, set())
    running = without_waiting(OLD, wanted, plan)
    assert {path.removeprefix("ward.") for path in differences(running, wanted, "ward")} == waiting
    assert {step.name for step in plan.needs_service_restart} >= set(wanted.sources) - set(running.sources)
    # what runs asks for no restart any more, and what waited still does at the next reload
    assert plan_reload(OLD, running, set()).needs_service_restart == ()
    assert plan_reload(running, wanted, set()).needs_service_restart == plan.needs_service_restart


def test_a_bed_on_a_camera_that_waits_is_not_watched_yet():
    wanted = FacilitySettings(
        sources={**OLD.sources, "locked": LOCKED},
        beds={**OLD.beds, "bed-2": BedSettings(source="locked"), "bed-3": BedSettings(source="door")},
    )
    running = without_waiting(OLD, wanted, plan_reload(OLD, wanted, set()))
    assert set(running.beds) == {"bed-1", "bed-3"}
    assert set(running.sources) == {"door"}
