"""Configuration: values land where they belong; whatever is wrong is named by dotted path and line."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest

from monitor.config_lines import read
from monitor.config_tree import apply
from monitor.errors import ConfigurationError


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    delay_s: float = 15.0
    colour: Colour = Colour.RED
    turn_deg: Literal[0, 90, 180, 270] = 0
    zone: tuple[int, int, int, int] | None = None
    weights: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.delay_s <= 0:
            raise ConfigurationError(f"delay_s must be > 0, got {self.delay_s}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    inner: Inner = field(default_factory=Inner)
    path: Path | None = None
    count: int = 1


def load(path: Path, text: str) -> Outer:
    path.write_text(text)
    file = read(path)
    return apply(Outer(), file.values, file)


def test_toml_lands(tmp_path: Path):
    settings = load(
        tmp_path / "v.toml",
        'count = 3\npath = "a/b"\n[inner]\ndelay_s = 2\ncolour = "blue"\nturn_deg = 90\nzone = [1, 2, 3, 4]\n'
        "[inner.weights]\nbrow = 0.5\n",
    )
    assert settings == Outer(
        count=3,
        path=Path("a/b"),
        inner=Inner(delay_s=2.0, colour=Colour.BLUE, turn_deg=90, zone=(1, 2, 3, 4), weights={"brow": 0.5}),
    )


def test_yaml_lands(tmp_path: Path):
    settings = load(tmp_path / "v.yaml", "# a comment\ninner:\n  delay_s: 2\n  zone: [1, 2, 3, 4]\n")
    assert settings.inner == Inner(delay_s=2.0, zone=(1, 2, 3, 4))
    assert load(tmp_path / "v.yml", "") == Outer()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.toml", "[inner]\n\ndelay_s = -3\n", r"a.toml:3: inner.delay_s: must be > 0, got -3.0"),
        ("a.toml", 'count = 1\n[inner]\ndelay_s = "long"\n', r"a.toml:3: inner.delay_s: .*number.*'long'"),
        ("a.toml", "[inner]\ndelays = 3\n", r"a.toml:2: inner.delays: no such setting; did you mean delay_s\?"),
        ("a.toml", "zzz = 3\n", r"a.toml:1: zzz: no such setting; there are: inner, path, count"),
        ("a.toml", 'inner.colour = "green"\n', r"a.toml:1: inner.colour: .*'red' or 'blue'.*'green'"),
        ("a.toml", "inner = 3\n", r"a.toml:1: inner: wants a section of settings, got 3"),
        ("a.toml", "[inner]\nturn_deg = 45\n", r"a.toml:2: inner.turn_deg: .*got 45"),
        ("a.toml", "x = = 3\n", r"a.toml: not valid TOML"),
        ("a.yaml", "inner:\n  zone: [1, 2, three, 4]\n", r"a.yaml:2: inner.zone\[2\]: .*'three'"),
        ("a.yaml", "inner: [\n", r"a.yaml: not valid YAML"),
        ("a.yaml", "- 1\n", r"a.yaml: wants settings by name, has a list"),
        ("a.json", "{}", r"a.json: configuration is read from .toml, .yaml or .yml"),
    ],
)
def test_wrong_is_named(tmp_path: Path, name: str, text: str, message: str):
    with pytest.raises(ConfigurationError, match=message) as caught:
        load(tmp_path / name, text)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 78


def test_missing_file(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="No such file"):
        read(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        read(tmp_path / "bytes.toml")
