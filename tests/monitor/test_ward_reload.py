"""Stories of a reload: a change in the file, and what happens to the ward that runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from monitor.ward.facility import FacilitySettings
from monitor.ward.reading import read_ward
from monitor.ward.reload import plan_reload
from monitor.ward.reload_plan import Action, Part, ReloadPlan

WARD = {
    "sources": {
        "door": '{kind: rtsp, url: "rtsp://camera-1.ward.example/1"}',
        "window": "{kind: v4l2, device: /dev/v4l/by-id/cam}",
    },
    "beds": {
        "one": "{source: door, zone: [0, 0, 0.5, 1]}",
        "two": "{source: door, zone: [0.5, 0, 0.5, 1]}",
        "three": "{source: window, alerts: {delay_s: 5}}",
    },
    "sinks": {"journal": "{kind: journal}", "broker": "{kind: mqtt, host: broker}"},
}


def settings(folder: Path, *, rest: str = "", **changes: dict[str, str | None]) -> FacilitySettings:
    """The ward with entries changed (``beds={"one": None}`` takes one away) and ``rest`` appended."""
    lines = []
    for section, entries in WARD.items():
        lines.append(f"{section}:")
        merged = {**entries, **changes.get(section, {})}
        lines += [f"  {name}: {entry}" for name, entry in merged.items() if entry is not None]
    path = folder / "vigil.yaml"
    path.write_text("\n".join(lines) + "\n" + rest)
    reading = read_ward(path)
    assert reading.complaints == (), reading.complaints
    return reading.settings_or_raise()


def steps(plan: ReloadPlan) -> list[tuple[str, str, str]]:
    return [(step.action.value, step.part.value, step.name) for step in plan.steps]


def test_nothing_changed(tmp_path: Path):
    plan = plan_reload(settings(tmp_path), settings(tmp_path))
    assert (plan.steps, plan.untouched_beds, plan.interrupted_beds) == ((), ("one", "two", "three"), ())


def test_a_bed_is_added_and_the_others_keep_running(tmp_path: Path):
    new = settings(
        tmp_path,
        sources={"new": '{kind: rtsp, url: "rtsp://camera-3.ward.example/1"}'},
        beds={"four": "{source: new}"},
    )
    plan = plan_reload(settings(tmp_path), new)
    assert steps(plan) == [("start", "source", "new"), ("start", "bed", "four")]
    assert plan.untouched_beds == ("one", "two", "three")


def test_a_bed_is_taken_away_before_its_source(tmp_path: Path):
    plan = plan_reload(settings(tmp_path), settings(tmp_path, sources={"window": None}, beds={"three": None}))
    assert steps(plan) == [("stop", "bed", "three"), ("stop", "source", "window")]
    assert (plan.untouched_beds, plan.interrupted_beds) == (("one", "two"), ())


def test_a_delay_changes_in_place(tmp_path: Path):
    new = settings(tmp_path, beds={"three": "{source: window, room: '14', alerts: {delay_s: 9}}"})
    (step,) = plan_reload(settings(tmp_path), new).steps
    assert (step.action, step.part, step.name) == (Action.CHANGE_IN_PLACE, Part.BED, "three")
    assert step.changed == ("beds.three.room", "beds.three.alerts.delay_s")
    assert "an alert that is out stays out" in step.reason


def test_the_facilitys_delay_reaches_only_beds_that_inherit_it(tmp_path: Path):
    plan = plan_reload(settings(tmp_path), settings(tmp_path, rest="alerts: {delay_s: 30}\n"))
    assert steps(plan) == [("change in place", "bed", "one"), ("change in place", "bed", "two")]
    assert plan.untouched_beds == ("three",)
    assert plan.interrupted_beds == ()


def test_a_zone_restarts_its_bed_alone(tmp_path: Path):
    plan = plan_reload(settings(tmp_path), settings(tmp_path, beds={"two": "{source: door, zone: [0.6, 0, 0.4, 1]}"}))
    assert steps(plan) == [("restart", "bed", "two")]
    assert (plan.untouched_beds, plan.interrupted_beds) == (("one", "three"), ("two",))
    assert "neutral face and alerts are kept" in plan.steps[0].reason


def test_a_source_restarts_and_interrupts_only_its_beds(tmp_path: Path):
    new = settings(tmp_path, sources={"door": '{kind: rtsp, url: "rtsp://camera-1.ward.example/1", transport: udp}'})
    plan = plan_reload(settings(tmp_path), new)
    assert steps(plan) == [("restart", "source", "door")]
    assert (plan.untouched_beds, plan.interrupted_beds) == (("three",), ("one", "two"))


def test_frames_a_second_change_in_place(tmp_path: Path):
    new = settings(tmp_path, sources={"door": '{kind: rtsp, url: "rtsp://camera-1.ward.example/1", max_fps: 5}'})
    plan = plan_reload(settings(tmp_path), new)
    assert steps(plan) == [("change in place", "source", "door")]
    assert plan.untouched_beds == ("one", "two", "three")


def test_a_source_of_another_kind(tmp_path: Path):
    plan = plan_reload(
        settings(tmp_path), settings(tmp_path, sources={"window": "{kind: recording, path: /var/lib/a.mp4}"})
    )
    assert steps(plan) == [("restart", "source", "window")]
    assert plan.steps[0].reason == "is of another kind now"


def test_a_camera_gets_another_name_and_lets_its_device_go_first(tmp_path: Path):
    new = settings(
        tmp_path,
        sources={"window": None, "usb": "{kind: v4l2, device: /dev/v4l/by-id/cam}"},
        beds={"three": "{source: usb, alerts: {delay_s: 5}}"},
    )
    plan = plan_reload(settings(tmp_path), new)
    assert steps(plan) == [("stop", "source", "window"), ("start", "source", "usb"), ("restart", "bed", "three")]
    assert plan.interrupted_beds == ("three",)


def test_sinks_come_and_go_without_beds_noticing(tmp_path: Path):
    old = settings(tmp_path, sinks={"loud": "{kind: console}"})
    new = settings(
        tmp_path,
        sinks={
            "journal": None,
            "loud": "{kind: console, least_priority: high}",
            "broker": "{kind: mqtt, host: other}",
            "more": '{kind: webhook, url: "https://far.example/"}',
        },
    )
    plan = plan_reload(old, new)
    assert steps(plan) == [
        ("stop", "sink", "journal"),
        ("change in place", "sink", "loud"),
        ("restart", "sink", "broker"),
        ("start", "sink", "more"),
    ]
    assert plan.untouched_beds == ("one", "two", "three")


MAIL = "kind: email, host: mail, sender: a@b.example, to: [c@b.example], username: u, password_credential"


@pytest.mark.parametrize(
    ("before", "after", "action"),
    [
        ("{kind: sound}", "{kind: sound, beds: [one], least_priority: high}", "change in place"),
        ("{kind: sound}", "{kind: sound, volume: 0.2}", "restart"),
        (f"{{{MAIL}: p}}", f"{{{MAIL}: p, beds: [two]}}", "change in place"),
        (f"{{{MAIL}: p}}", f"{{{MAIL}: p, mails_per_hour: 9}}", "restart"),
        (
            f"{{{MAIL}: p}}",
            f"{{{MAIL}: q}}",
            "needs a restart of the service",
        ),
    ],
)
def test_sound_and_email_change_as_gently_as_they_can(tmp_path: Path, before: str, after: str, action: str):
    old, new = (settings(tmp_path, sinks={"more": sink}) for sink in (before, after))
    plan = plan_reload(old, new)
    assert steps(plan) == [(action, "sink", "more")]
    assert plan.untouched_beds == ("one", "two", "three")


def test_a_credential_that_systemd_did_not_hand_over_waits_for_the_service(tmp_path: Path):
    secured = "{kind: mqtt, host: broker, username: u, password_credential: mqtt}"
    old, new = settings(tmp_path), settings(tmp_path, sinks={"broker": secured})
    assert steps(plan_reload(old, new)) == [("needs a restart of the service", "sink", "broker")]
    assert steps(plan_reload(old, new, {"mqtt"})) == [("restart", "sink", "broker")]
    by_path = settings(tmp_path, sinks={"broker": secured.replace("credential: mqtt", "credential: /etc/vigil/mqtt")})
    assert steps(plan_reload(old, by_path)) == [("restart", "sink", "broker")]


def test_a_bed_waits_with_its_source_and_keeps_its_present_one(tmp_path: Path):
    new = settings(
        tmp_path,
        sources={
            "window": None,
            "new": '{kind: rtsp, url: "rtsps://c/1", username: u, password_credential: unknown}',
        },
        beds={"three": "{source: new}"},
    )
    plan = plan_reload(settings(tmp_path), new)
    waits = "needs a restart of the service"
    assert sorted(steps(plan)) == [(waits, "bed", "three"), (waits, "source", "new"), (waits, "source", "window")]
    assert plan.needs_service_restart == plan.steps
    assert plan.interrupted_beds == ()


def test_privacy_closes_at_once_and_first_and_opens_with_a_start(tmp_path: Path):
    closed = settings(tmp_path, beds={"one": None})
    opened = settings(
        tmp_path,
        rest="privacy: {emotion_scores: true, pixels: true}\nstorage: {pixels_key_credential: /etc/vigil/key}\n",
    )
    closing = plan_reload(opened, closed)
    assert steps(closing) == [
        ("change in place", "privacy", ""),
        ("stop", "bed", "one"),
        ("change in place", "storage", ""),
    ]
    assert closing.steps[0].changed == ("privacy.emotion_scores", "privacy.pixels")
    opening = plan_reload(closed, opened)
    assert {step.changed for step in opening.needs_service_restart} == {
        ("privacy.pixels",),
        ("storage.pixels_key_credential",),
    }


@pytest.mark.parametrize(
    ("rest", "wanted"),
    [
        ("model: /opt/model\n", ("needs a restart of the service", "service", "")),
        ("classifier: {threads: 1}\n", ("needs a restart of the service", "service", "")),
        ("name: east\n", ("needs a restart of the service", "service", "")),
        ("storage: {database_url: 'postgresql://v@db/v'}\n", ("needs a restart of the service", "storage", "")),
        ("storage: {alerts_kept_days: 100}\n", ("change in place", "storage", "")),
        ("sidecar: {nice: 5}\n", ("restart", "sidecar", "")),
        ("health: {port: 9000}\n", ("restart", "health", "")),
        ("logging: {level: debug}\n", ("change in place", "log", "")),
        ("capture: {offline_after_s: 6}\n", ("change in place", "capture", "")),
        ("capture: {ring_slots: 8}\n", ("needs a restart of the service", "capture", "")),
    ],
)
def test_parts_there_is_one_of_touch_no_bed(tmp_path: Path, rest: str, wanted: tuple[str, str, str]):
    plan = plan_reload(settings(tmp_path), settings(tmp_path, rest=rest))
    assert steps(plan) == [wanted]
    assert plan.untouched_beds == ("one", "two", "three")
    assert plan.steps[0].reason


def test_no_setting_changes_without_a_step(tmp_path: Path):
    """Every leaf of the tree, changed alone, gives a step that names it."""
    old = settings(tmp_path, rest="storage: {pixels_key_credential: /etc/vigil/key}\nprivacy: {pixels: true}\n")
    tried = 0
    for dotted, new in leaves(old, ""):
        if dotted.split(".")[0] in ("face", "judgement", "alerts", "lifecycle", "sampling"):
            continue  # beds carry them, and beds are tried
        plan = plan_reload(old, new)
        assert any(dotted in step.changed for step in plan.steps), dotted
        assert all(step.reason and step.reason.strip() for step in plan.steps), dotted
        tried += 1
    assert tried > 250


def leaves(tree: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Dotted path of every leaf, and the tree in which it alone has another value."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            for dotted, changed in leaves(value, f"{prefix}.{name}"):
                yield dotted, {**tree, name: changed}
        return
    for each in fields(tree):
        value, dotted = getattr(tree, each.name), f"{prefix}.{each.name}".lstrip(".")
        if is_dataclass(value) or (isinstance(value, dict) and each.name in WARD):
            for inner, changed in leaves(value, dotted):
                yield inner, replace(tree, **{each.name: changed})
        elif each.name not in ("kind", "format"):
            try:
                yield dotted, replace(tree, **{each.name: other(value, each.name)})
            except ValueError:
                continue


def other(value: Any, name: str) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value * 1.01 + 0.0001 if isinstance(value, float) else value + 1
    if name == "source":
        return "window" if value == "door" else "door"
    if name == "rotate_deg":
        return 90
    if name == "zone":
        return (0.0, 0.0, 0.4, 0.4)
    if isinstance(value, StrEnum):
        return next(each for each in type(value) if each is not value)
    if name == "escalation":
        return ()
    if name in ("search_zones", "providers", "provider_options"):
        return {"search_zones": ((0.0, 0.0, 0.5, 0.5),), "providers": ("cpu",), "provider_options": {"cpu": {"a": 1}}}[
            name
        ]
    return "/other" if value is None or str(value).startswith("/") else f"{value}x"
