"""What only the whole configuration can know: beds and zones, secrets on the way, privacy."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.ward.beds import BedSettings, shared_share, zone_in_source
from monitor.ward.reading import WardReading, read_ward

SOURCE = 'sources: {door: {kind: rtsp, url: "rtsp://camera.ward.example/1"}}\n'
BED = "beds: {one: {source: door}}\n"


def ward(tmp_path: Path, text: str) -> WardReading:
    path = tmp_path / "vigil.yaml"
    path.write_text(text)
    return read_ward(path)


def source(rest: str) -> str:
    return "sources: {door: {" + rest + "}}\n" + BED


def email(rest: str = "", *, to: str = "[a@b.example]") -> str:
    needed = f"kind: email, host: mail.ward.example, sender: v@b.example, to: {to}"
    return SOURCE + BED + "sinks: {e: {" + ", ".join(part for part in (needed, rest) if part) + "}}\n"


@pytest.mark.parametrize(
    ("text", "dotted", "message"),
    [
        (SOURCE + BED + "privacy: {pixels: true}\n", "privacy.pixels", "encrypted or not at all"),
        (SOURCE + BED + "storage: {pixels_key_credential: key}\n", "storage.pixels_key_credential", "no picture"),
        (SOURCE + BED + "alerts: {emotion_alerts: true}\n", "alerts.emotion_alerts", "privacy.emotion_scores: true"),
        (
            SOURCE + "beds: {one: {source: door, alerts: {emotion_alerts: true}}}\n",
            "beds.one.alerts.emotion_alerts",
            "",
        ),
        (SOURCE + BED + "face: {zone: [0, 0, 1, 1]}\n", "face.zone", "beds.NAME.zone"),
        (SOURCE + "beds: {one: {source: door, face: {still: true}}}\n", "beds.one.face.still", "camera"),
        (SOURCE + BED + "storage: {minutes_kept_days: 2}\n", "storage.minutes_kept_days", "shorter"),
        (SOURCE + BED + "storage: {password_credential: x}\n", "storage.password_credential", "PostgreSQL"),
        (SOURCE + BED + "capture: {stuck_after_s: 4}\n", "capture.stuck_after_s", "longer than offline_after_s"),
        (SOURCE + BED + "capture: {first_backoff_s: 9}\n", "capture.longest_backoff_s", "shorter"),
        (SOURCE + BED + "sinks: {c: {kind: console, beds: [on]}}\n", "sinks.c.beds[0]", "did you mean one?"),
        (
            SOURCE + BED + "sinks: {m: {kind: mqtt, host: b, tls: false, username: u, password_credential: p}}\n",
            "sinks.m.tls",
            "only with TLS",
        ),
        (
            SOURCE + BED + "sinks: {m: {kind: mqtt, host: b, password_credential: p}}\n",
            "sinks.m.password_credential",
            "username",
        ),
        (SOURCE + BED + "sinks: {a: {kind: journal}, b: {kind: journal}}\n", "sinks.b", "same file"),
        (email("username: u"), "sinks.e.username", "password_credential beside it"),
        (email("password_credential: p"), "sinks.e.password_credential", "username beside it"),
        (email("username: u, password_credential: p, security: none"), "sinks.e.security", "only encrypted"),
        (email("tls_ca_file: /etc/ca.pem, security: none"), "sinks.e.tls_ca_file", "starttls or tls"),
        (email("first_backoff_s: 400"), "sinks.e.longest_backoff_s", "shorter"),
        (email("mails_per_hour: 0"), "sinks.e.mails_per_hour", "1"),
        (email(to="[a@b.example, A@b.example]"), "sinks.e.to", "twice"),
        (email(to="[]"), "sinks.e.to", "1"),
        (email(to="['Ward 3 <a@b.example>']"), "sinks.e.to[0]", "plain mail address"),
        (email(to='["a@b.example\\nBcc: c@d.example"]'), "sinks.e.to[0]", "plain mail address"),
        (
            SOURCE + BED + 'sinks: {w: {kind: webhook, url: "http://localhost/", tls_ca_file: /etc/ca.pem}}\n',
            "sinks.w.tls_ca_file",
            "https://",
        ),
        (SOURCE + BED + "sinks: {s: {kind: sound, volume: 1.5}}\n", "sinks.s.volume", "1"),
        (SOURCE + BED + "sinks: {s: {kind: sound, player: aplay}}\n", "sinks.s.player", "absolute"),
        (SOURCE + BED + "lifecycle: {alerts: {delay_s: 3}}\n", "lifecycle.alerts", "in the section alerts"),
        (SOURCE + BED + "alerts: {replay_latch_s: 3}\n", "alerts.replay_latch_s", "replays"),
        (
            SOURCE + BED + "lifecycle: {escalation: [{after_s: 9, who: x, whom: x}]}\n",
            "lifecycle.escalation[0].whom",
            "did you mean who?",
        ),
        (source('kind: rtsp, url: "rtsps://c/1", transport: udp'), "sources.door.transport", "tcp"),
        (source('kind: rtsp, url: "rtsp://c/1", tls_verify: false'), "sources.door.tls_verify", "rtsps://"),
        (source('kind: rtsp, url: "file:///etc/passwd"'), "sources.door.url", "begins with rtsp:// or rtsps://"),
        (source('kind: mjpeg, url: "http:///x"'), "sources.door.url", "no host"),
        (source('kind: mjpeg, url: "http://c/ x"'), "sources.door.url", "no blanks"),
        (source('kind: mjpeg, url: "http://c/\'!x"'), "sources.door.url", "quotes"),
        (source("kind: v4l2, device: /dev/video0"), "sources.door.device", "/dev/v4l/by-path"),
        (source("kind: v4l2, device: /dev/../etc/passwd"), "sources.door.device", "wants a device"),
        (source("kind: recording, path: clips/a.mp4"), "sources.door.path", "absolute"),
        (SOURCE + BED + "storage: {database_url: sqlite:///vigil.db}\n", "storage.database_url", "absolute"),
    ],
)
def test_contradictions_are_refused(tmp_path: Path, text: str, dotted: str, message: str):
    reading = ward(tmp_path, text)
    assert [each.dotted for each in reading.complaints] == [dotted], reading.complaints
    assert message in reading.complaints[0].message


@pytest.mark.parametrize(
    "text",
    [
        SOURCE + BED + "privacy: {pixels: true}\nstorage: {pixels_key_credential: key}\n",
        SOURCE + BED + "privacy: {emotion_scores: true}\nalerts: {emotion_alerts: true}\n",
        SOURCE + BED + "sinks: {m: {kind: mqtt, host: localhost, tls: false, username: u, password_credential: p}}\n",
        email("username: u, password_credential: p, security: tls"),
        email("username: u, password_credential: p, security: none").replace("mail.ward.example", "127.0.0.1"),
        SOURCE + BED + "storage: {database_url: 'postgresql://vigil@db/vigil', password_credential: db}\n",
        source("kind: v4l2, device: /dev/v4l/by-id/usb-Cam_1-video-index0"),
    ],
)
def test_what_goes_together_is_taken(tmp_path: Path, text: str):
    assert ward(tmp_path, text).complaints == ()


@pytest.mark.parametrize(
    ("zones", "refused"),
    [
        ("one: {source: door}, two: {source: door}", True),
        ("one: {source: door}, two: {source: door, zone: [0.2, 0.2, 0.2, 0.2]}", True),
        ("one: {source: door, zone: [0, 0, 0.5, 1]}, two: {source: door, zone: [0.5, 0, 0.5, 1]}", False),
        ("one: {source: door, zone: [0, 0, 0.6, 1]}, two: {source: door, zone: [0.4, 0, 0.6, 1]}", False),
        # the same part of the picture, written before and after a turn
        (
            "one: {source: door, zone: [0, 0, 0.5, 1]}, two: {source: door, rotate_deg: 180, zone: [0.5, 0, 0.5, 1]}",
            True,
        ),
    ],
)
def test_two_beds_on_one_source_need_zones(tmp_path: Path, zones: str, refused: bool):
    reading = ward(tmp_path, SOURCE + f"beds: {{{zones}}}\n")
    assert [each.dotted.split(".")[1] for each in reading.complaints] == (["two"] if refused else [])


@pytest.mark.parametrize(
    ("rotate_deg", "point"), [(0, (0.1, 0.2)), (90, (0.2, 0.9)), (180, (0.9, 0.8)), (270, (0.8, 0.1))]
)
def test_a_zone_is_turned_back_with_the_picture(rotate_deg: int, point: tuple[float, float]):
    """``point`` is where (0.1, 0.2) of the upright picture lies in the source, by np.rot90's counting."""
    bed = BedSettings(source="door", zone=(0.1, 0.2, 0.3, 0.4), rotate_deg=rotate_deg)  # type: ignore[arg-type]
    x, y, w, h = zone_in_source(bed)
    corners = {(round(x, 9), round(y, 9)), (round(x + w, 9), round(y, 9)), (round(x, 9), round(y + h, 9))}
    assert point in corners | {(round(x + w, 9), round(y + h, 9))}
    assert w * h == pytest.approx(0.12)


def test_share_of_the_smaller_zone():
    assert shared_share((0, 0, 1, 1), (0.2, 0.2, 0.2, 0.2)) == pytest.approx(1.0)
    assert shared_share((0, 0, 0.5, 1), (0.5, 0, 0.5, 1)) == 0.0
    assert shared_share((0, 0, 0.6, 1), (0.4, 0, 0.6, 1)) == pytest.approx(1 / 3)


def test_notes_say_what_may_not_be_meant(tmp_path: Path):
    reading = ward(
        tmp_path,
        'sources: {door: {kind: rtsp, url: "rtsp://c/1", username: u, password_credential: p}, spare: '
        '{kind: rtsp, url: "rtsps://c/2", tls_verify: false}}\n'
        + BED
        + 'sinks: {w: {kind: webhook, url: "http://far.example/"}, m: {kind: mqtt, host: far.example, tls: false}, '
        "n: {kind: mqtt, host: far.example, username: u}, l: {kind: mqtt, host: localhost, tls: false}, "
        "e: {kind: email, host: far.example, sender: a@b.example, to: [a@b.example], security: none}}\n"
        "health: {host: 0.0.0.0}\n"
        "privacy: {emotion_scores: true}\n",
    )
    assert reading.complaints == ()
    assert {each.dotted for each in reading.notes} == {
        "sources.spare",
        "sources.spare.tls_verify",
        "sources.door.url",
        "sinks.w.url",
        "sinks.w",
        "sinks.m.tls",
        "sinks.m.commands",
        "sinks.e.security",
        "health.host",
        "privacy.emotion_scores",
    }
