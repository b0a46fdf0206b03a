"""A ward from its file: what is inherited, what is refused, every error at once with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.ward.reading import WardReading, WrongConfiguration, read_ward
from monitor.ward.sources import RtspSource

WARD = """
sources:
  door: {kind: rtsp, url: "rtsp://camera.ward.example/1"}
beds:
  one: {source: door, zone: [0, 0, 0.5, 1]}
  two: {source: door, zone: [0.5, 0, 0.5, 1], alerts: {delay_s: 5}}
alerts: {delay_s: 20, fear_delay_s: 7}
"""


def ward(tmp_path: Path, text: str) -> WardReading:
    path = tmp_path / "vigil.yaml"
    path.write_text(text)
    return read_ward(path)


def said(reading: WardReading) -> list[str]:
    return [str(each).removeprefix(str(each.mark.path.parent) + "/") for each in reading.complaints]


def test_beds_inherit_key_by_key(tmp_path: Path):
    settings = ward(tmp_path, WARD).settings_or_raise()
    assert settings.beds["one"].alerts == settings.alerts
    assert (settings.beds["two"].alerts.delay_s, settings.beds["two"].alerts.fear_delay_s) == (5.0, 7.0)
    assert settings.beds["one"].face_settings().zone == (0.0, 0.0, 0.5, 1.0)
    assert isinstance(settings.sources["door"], RtspSource)
    assert settings.alerts.emotion_alerts is False


def test_toml_says_the_same(tmp_path: Path):
    path = tmp_path / "vigil.toml"
    path.write_text(
        '[sources.door]\nkind = "rtsp"\nurl = "rtsp://camera.ward.example/1"\n'
        '[beds.one]\nsource = "door"\nzone = [0, 0, 0.5, 1]\n'
        '[beds.two]\nsource = "door"\nzone = [0.5, 0, 0.5, 1]\nalerts.delay_s = 5\n'
        "[alerts]\ndelay_s = 20\nfear_delay_s = 7\n"
    )
    assert read_ward(path).settings == ward(tmp_path, WARD).settings


def test_all_errors_at_once_in_the_order_of_the_file(tmp_path: Path):
    reading = ward(
        tmp_path,
        "sources:\n"
        '  door: {kind: rtsp, url: "rtsp://camera/1", transprot: udp}\n'
        "  other: {kind: rtps}\n"
        "  third: {url: x}\n"
        "beds:\n"
        "  one: {source: door, zone: [0, 0, 2, 1], alerts: {delay_s: 90, latch_s: -1}}\n"
        "  two: {source: dor}\n"
        "  three: {room: 7}\n"
        "alerts:\n"
        "  delay_s: soon\n"
        "  unknown_s: -2\n"
        "health: {port: 70000}\n"
        "sinks: 3\n"
        "privcy: {}\n",
    )
    assert reading.settings is None
    lines = said(reading)
    for wanted in (
        "vigil.yaml:2:46: sources.door.transprot: no such setting; did you mean transport?",
        "vigil.yaml:3:11: sources.other.kind: wants kind to be one of v4l2, rtsp, mjpeg, recording, got 'rtps'; "
        "did you mean rtsp?",
        "vigil.yaml:4:3: sources.third: wants kind to be one of v4l2, rtsp, mjpeg, recording, which is missing",
        "vigil.yaml:6:23: beds.one.zone: x, y, w, h must be shares of the picture within 0..1, got a list",
        "vigil.yaml:6:52: beds.one.alerts.delay_s: must be at most 60, got 90.0",
        "vigil.yaml:6:65: beds.one.alerts.latch_s: must be >= 0, got -1.0",
        "vigil.yaml:7:9: beds.two.source: there is no source 'dor'; did you mean door?",
        "vigil.yaml:8:3: beds.three: wants source, which has no default",
        "vigil.yaml:11:3: alerts.unknown_s: must be >= 0, got -2.0",
        "vigil.yaml:12:10: health.port: input should be less than or equal to 65535, got 70000",
        "vigil.yaml:13:1: sinks: wants settings by name, got 3",
        "vigil.yaml:14:1: privcy: no such setting; did you mean privacy?",
    ):
        assert wanted in lines, lines
    assert any(line.startswith("vigil.yaml:10:3: alerts.delay_s: ") and line.endswith("got 'soon'") for line in lines)
    places = [(each.mark.line, each.mark.column) for each in reading.complaints]
    assert places == sorted(places)
    assert len(lines) == len(set(lines)) == 14, lines


def test_errors_say_how_many_there_are(tmp_path: Path):
    with pytest.raises(WrongConfiguration, match=r"format: .* \(and 1 more: see `vigil check-config`\)") as caught:
        ward(tmp_path, "format: 2\n").settings_or_raise()
    assert caught.value.exit_code == 78
    assert len(caught.value.complaints) == 2  # and there is no bed


@pytest.mark.parametrize("value", [".nan", ".inf", "true", "null", "[1]", "{a: 1}", "'x'", "-5", "1e400"])
def test_no_odd_value_becomes_a_number(tmp_path: Path, value: str):
    reading = ward(tmp_path, WARD + f"capture: {{offline_after_s: {value}}}\n")
    assert [each.dotted for each in reading.complaints] == ["capture.offline_after_s"]


def test_a_name_with_control_signs_stays_one_line(tmp_path: Path):
    (complaint,) = ward(tmp_path, WARD + '"a\\nb\\e[31m": 1\n').complaints
    assert complaint.dotted == "a?b?[31m"
    assert str(complaint).isprintable()


def test_an_empty_section_says_nothing(tmp_path: Path):
    (tmp_path / "vigil.d").mkdir()
    (tmp_path / "vigil.d" / "a.yaml").write_text("alerts:\nbeds:\n")
    settings = ward(tmp_path, WARD + "sinks:\nhealth:\n  # port: 9000\n").settings_or_raise()
    assert (settings.alerts.delay_s, settings.sinks, settings.health.port) == (20.0, {}, 8710)
    assert list(settings.beds) == ["one", "two"]


def test_a_bed_has_alerts_for_life(tmp_path: Path):
    settings = ward(
        tmp_path, WARD + "lifecycle: {cooldown_s: 7, escalation: [{after_s: 5, who: x}]}\n"
    ).settings_or_raise()
    life = settings.beds["two"].lifecycle_settings()
    assert (life.cooldown_s, life.alerts.delay_s, life.escalation[0].who) == (7.0, 5.0, "x")


def test_missing_file_and_empty_file(tmp_path: Path):
    assert said(read_ward(tmp_path / "none.yaml")) == ["none.yaml: No such file or directory"]
    assert said(ward(tmp_path, "")) == ["vigil.yaml: beds: there is no bed to watch"]


@pytest.mark.parametrize("name", ["a b", "../x", "a.b", "", "x" * 65, "ä", "a/b", "-x"])
def test_names_are_safe_everywhere(tmp_path: Path, name: str):
    text = WARD + f'sinks: {{"{name}": {{kind: console}}}}\n'
    assert any("a name has 1 to 64 letters" in each.message for each in ward(tmp_path, text).complaints)
