"""The section ``page``: what it demands, and what a reload does with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.ward.credentials import credential_file, read_credentials
from monitor.ward.reading import WardReading, read_ward
from monitor.ward.reload import plan_reload

WARD = 'sources: {door: {kind: rtsp, url: "rtsp://camera.ward.example/1"}}\nbeds: {one: {source: door}}\n'
TLS = "certificate: /etc/vigil/page.pem, private_key_credential: page-key"


def ward(folder: Path, page: str = "", more: str = "") -> WardReading:
    path = folder / "vigil.yaml"
    path.write_text(WARD + (f"page: {{{page}}}\n" if page else "") + more)
    return read_ward(path)


@pytest.mark.parametrize(
    ("page", "dotted", "message"),
    [
        ("enabled: true, host: 0.0.0.0", "page.host", "in the clear"),
        ('enabled: true, host: "2001:db8::1"', "page.host", "in the clear"),
        ("certificate: /etc/vigil/page.pem", "page.certificate", "wants private_key_credential"),
        ("private_key_credential: page-key", "page.private_key_credential", "wants certificate"),
        (f"{TLS}, behind_proxy: true", "page.behind_proxy", "take one away"),
        ("enabled: true, port: 8710", "page.port", "health endpoint"),
        ("fleet: database", "page.fleet", "PostgreSQL"),
        ("live_fps: 0", "page.live_fps", "greater than 0"),
        ("live_fps: 11", "page.live_fps", "10"),
        ("language: fr", "page.language", "de"),
        ("failed_logins: 0", "page.failed_logins", "1"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, page: str, dotted: str, message: str) -> None:
    (complaint,) = ward(tmp_path, page).complaints
    assert complaint.dotted == dotted
    assert message in complaint.message


@pytest.mark.parametrize(
    "page",
    [
        "",
        "enabled: true",
        'enabled: true, host: "::1"',
        "host: 0.0.0.0",
        f"enabled: true, host: 0.0.0.0, {TLS}",
        "enabled: true, idle_minutes: 0, language: de",
    ],
)
def test_what_can_be_meant_is_taken(tmp_path: Path, page: str) -> None:
    reading = ward(tmp_path, page)
    assert reading.complaints == ()
    assert not any(note.dotted.startswith("page") for note in reading.notes)


def test_an_open_door_behind_the_proxy_is_remarked_on(tmp_path: Path) -> None:
    (note,) = [
        note
        for note in ward(tmp_path, "enabled: true, host: 0.0.0.0, behind_proxy: true").notes
        if note.dotted == "page.host"
    ]
    assert "without the proxy" in note.message


def test_wards_of_one_postgresql_are_a_fleet(tmp_path: Path) -> None:
    storage = "storage: {database_url: postgresql://vigil@db.ward.example/vigil}\n"
    assert ward(tmp_path, "fleet: database", storage).complaints == ()


def test_a_key_has_many_lines_and_its_text_is_not_shown(tmp_path: Path) -> None:
    key = tmp_path / "page-key"
    key.write_text("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n")
    key.chmod(0o600)
    settings = ward(tmp_path, f"enabled: true, {TLS}").settings_or_raise()
    secret = read_credentials(settings, tmp_path)["page.private_key_credential"]
    assert secret.reveal().splitlines()[1] == "abc"
    assert "abc" not in f"{secret!r} {secret}"
    assert credential_file("page-key", tmp_path) == key
    assert credential_file(str(key), None) == credential_file(str(key), Path("/elsewhere")) == key


def test_a_reload_starts_the_page_anew_and_leaves_the_beds_alone(tmp_path: Path) -> None:
    old, new = ward(tmp_path).settings_or_raise(), ward(tmp_path, "enabled: true").settings_or_raise()
    plan = plan_reload(old, new)
    assert [(step.action.value, step.part.value, step.changed) for step in plan.steps] == [
        ("restart", "page", ("page.enabled",))
    ]
    assert plan.untouched_beds == ("one",)


def test_a_key_that_systemd_did_not_hand_over_waits_for_the_service(tmp_path: Path) -> None:
    old, new = ward(tmp_path).settings_or_raise(), ward(tmp_path, f"enabled: true, {TLS}").settings_or_raise()
    assert [step.action.value for step in plan_reload(old, new).steps] == ["needs a restart of the service"]
    assert [step.action.value for step in plan_reload(old, new, {"page-key"}).steps] == ["restart"]
