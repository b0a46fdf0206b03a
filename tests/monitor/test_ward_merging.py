"""Drop-in files: what merges, what replaces, in which order, and where an error then is."""

from __future__ import annotations

from pathlib import Path

from monitor.ward.reading import read_ward
from monitor.ward.sources import MjpegSource

MAIN = """
sources:
  door: {kind: rtsp, url: "rtsp://camera.ward.example/1", transport: udp}
beds:
  one: {source: door, zone: [0, 0, 0.5, 1]}
alerts: {delay_s: 20, latch_s: 100}
"""


def files(tmp_path: Path, **drop_ins: str) -> Path:
    (tmp_path / "vigil.d").mkdir()
    (tmp_path / "vigil.yaml").write_text(MAIN)
    for name, text in drop_ins.items():
        (tmp_path / "vigil.d" / name.replace("__", ".").replace("_", "-")).write_text(text)
    return tmp_path / "vigil.yaml"


def test_sections_merge_and_the_later_name_counts(tmp_path: Path):
    path = files(
        tmp_path,
        **{"20_b__yaml": "alerts: {delay_s: 40}\n", "10_a__toml": "[alerts]\ndelay_s = 30\nfear_delay_s = 3\n"},
    )
    reading = read_ward(path)
    settings = reading.settings_or_raise()
    assert (settings.alerts.delay_s, settings.alerts.fear_delay_s, settings.alerts.latch_s) == (40.0, 3.0, 100.0)
    assert [each.name for each in reading.files] == ["vigil.yaml", "10-a.toml", "20-b.yaml"]


def test_lists_are_replaced_and_beds_added(tmp_path: Path):
    path = files(
        tmp_path, a__yaml="beds:\n  one: {zone: [0, 0, 0.4, 1]}\n  two: {source: door, zone: [0.5, 0, 0.5, 1]}\n"
    )
    settings = read_ward(path).settings_or_raise()
    assert settings.beds["one"].zone == (0.0, 0.0, 0.4, 1.0)
    assert (settings.beds["one"].source, list(settings.beds)) == ("door", ["one", "two"])


def test_null_takes_away_and_a_later_file_brings_back(tmp_path: Path):
    path = files(tmp_path, a__yaml="beds: {one: null, two: {source: door}}\n")
    assert list(read_ward(path).settings_or_raise().beds) == ["two"]
    (tmp_path / "vigil.d" / "b.yaml").write_text("beds: {one: {source: door}, two: null}\n")
    settings = read_ward(path).settings_or_raise()
    assert list(settings.beds) == ["one"]
    assert settings.beds["one"].zone is None  # nothing of the first file's bed is left


def test_another_kind_replaces_the_whole_section(tmp_path: Path):
    path = files(tmp_path, a__yaml='sources: {door: {kind: mjpeg, url: "https://camera.ward.example/1"}}\n')
    assert read_ward(path).settings_or_raise().sources["door"] == MjpegSource(url="https://camera.ward.example/1")


def test_an_error_names_the_file_whose_value_counted(tmp_path: Path):
    path = files(tmp_path, a__yaml="\nalerts:\n  delay_s: 90\n")
    (complaint,) = read_ward(path).complaints
    assert (complaint.mark.path.name, complaint.mark.line, complaint.mark.column) == ("a.yaml", 3, 3)
    (tmp_path / "vigil.d" / "b.yaml").write_text("alerts: {delay_s: 9}\n")
    assert read_ward(path).complaints == ()


def test_every_unreadable_file_is_named(tmp_path: Path):
    path = files(tmp_path, a__yaml="a: [\n", b__toml="x = = 1\n", c__yaml="beds: {two: {source: door}}\n")
    assert [each.mark.path.name for each in read_ward(path).complaints] == ["a.yaml", "b.toml"]


def test_what_is_not_read_is_noted(tmp_path: Path):
    path = files(tmp_path, a__yaml__bak="format: 9\n")
    (tmp_path / "vigil.d" / ".b.yaml").write_text("format: 9\n")
    reading = read_ward(path)
    assert reading.complaints == ()
    assert {each.mark.path.name for each in reading.notes if "is not read" in each.message} == {"a.yaml.bak", ".b.yaml"}
