"""Every place in YAML and TOML is known; YAML's words are 1.2's; what could hurt a reader is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config_complaint import Malformed, quoted
from monitor.config_lines import LARGEST_FILE_BYTES, ConfigurationFile, read


def written(tmp_path: Path, name: str, text: str) -> ConfigurationFile:
    path = tmp_path / name
    path.write_text(text)
    return read(path)


def place(file: ConfigurationFile, dotted: str) -> tuple[int, int]:
    mark = file.complaint(dotted, "wrong").mark
    return mark.line, mark.column


def test_words_of_yaml_are_those_of_1_2(tmp_path: Path):
    file = written(
        tmp_path,
        "a.yaml",
        "on: 0.5\noff: no\n12: 3\nnight: 22:30\nday: 2026-01-01\nmany: 1e3\noctal: 010\nhex: 0x1F\nyes: true\n"
        "nothing:\n",
    )
    assert file.values == {
        "on": 0.5,
        "off": "no",
        "12": 3,
        "night": "22:30",
        "day": "2026-01-01",
        "many": 1000.0,
        "octal": 10,
        "hex": 31,
        "yes": True,
        "nothing": None,
    }


def test_places_in_yaml(tmp_path: Path):
    file = written(tmp_path, "a.yaml", "a:\n  b: 1\n  list: [1, 2,\n    3]\n  deep: {x: 1, y: 2}\n")
    assert place(file, "a.b") == (2, 3)
    assert place(file, "a.list[1]") == (3, 13)
    assert place(file, "a.list[2]") == (4, 5)
    assert place(file, "a.deep.y") == (5, 16)
    assert place(file, "a.deep.z") == (5, 3)
    assert place(file, "elsewhere") == (0, 0)


def test_places_in_toml(tmp_path: Path):
    file = written(
        tmp_path,
        "a.toml",
        'top = 1\n[beds."bed-1"]\n  source = "x"\n  note = """\nsource = 2\n[beds.other]\n"""\n'
        "zone = [\n  1,\n  2]\nalerts.delay_s = 3\n",
    )
    assert place(file, "top") == (1, 1)
    assert place(file, "beds.bed-1.source") == (3, 3)
    assert place(file, "beds.bed-1.zone[1]") == (8, 1)
    assert place(file, "beds.bed-1.alerts.delay_s") == (11, 1)
    assert "beds.other" not in file.marks


def test_anchors_and_merge_keys(tmp_path: Path):
    file = written(tmp_path, "a.yaml", "a: &base {x: 1, y: 2}\nb:\n  <<: *base\n  y: 3\n")
    assert file.values["b"] == {"x": 1, "y": 3}
    assert place(file, "b.y") == (4, 3)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.yaml", "beds:\n  one: 1\nbeds:\n  two: 2\n", r"a.yaml:3: beds: written twice, first in line 1"),
        ("a.yaml", "a: &a\n  b: *a\n", r"too large or too deep"),
        (
            "a.yaml",
            "a: &a [1,1,1,1,1,1,1,1,1]\n"
            + "".join(
                f"{x}: &{x} [*{y},*{y},*{y},*{y},*{y},*{y},*{y},*{y}]\n"
                for y, x in zip("abcdef", "bcdefg", strict=True)
            ),
            r"too large or too deep",
        ),
        ("a.yaml", "? [1, 2]\n: 3\n", r"one word"),
        ("a.yaml", "a: !!python/object:os.system {}\n", r"not valid YAML"),
        ("a.yaml", "a: 1\n---\nb: 2\n", r"not valid YAML"),
        ("a.yaml", "a: \x00\n", r"not valid YAML"),
        ("a.yaml", "[" * 5000, r"not valid YAML"),
        ("a.toml", "a = 1\na = 2\n", r"not valid TOML"),
        ("a.toml", "a = " + "[" * 5000, r"not valid TOML"),
        ("a.yaml", "#" * (LARGEST_FILE_BYTES + 1), r"larger than"),
    ],
)
def test_what_could_hurt_is_refused(tmp_path: Path, name: str, text: str, message: str):
    with pytest.raises(Malformed, match=message) as caught:
        written(tmp_path, name, text)
    assert "\n" not in str(caught.value.complaint)


@pytest.mark.parametrize(
    ("name", "text"), [("a.yaml", "a: b\nkey: planted: x\n"), ("a.toml", 'a = 1\nkey = "planted\n')]
)
def test_a_syntax_error_has_a_place_and_quotes_nothing(tmp_path: Path, name: str, text: str):
    with pytest.raises(Malformed) as caught:
        written(tmp_path, name, text)
    assert caught.value.complaint.mark.line == 2
    assert caught.value.complaint.mark.column > 1
    assert "planted" not in str(caught.value.complaint)


def test_what_may_be_quoted():
    assert quoted({"password": "planted"}) == "a section"
    assert quoted(["planted"]) == "a list"
    assert quoted("rtsp://user:planted@camera/1") == "'rtsp://***@camera/1'"
    assert len(quoted("x" * 1000)) < 100
