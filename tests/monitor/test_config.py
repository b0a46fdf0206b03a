"""The whole tree: every section can be set from a file, options override it, wrong ones are named."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args

import pytest

from monitor.config import VigilSettings, load_settings
from monitor.errors import ConfigurationError, UsageError
from monitor.sidecar.settings import Composite


def test_defaults_without_a_file():
    assert load_settings(None) == VigilSettings()
    assert load_settings(None).report.pixels is False


def test_file_then_options(tmp_path: Path):
    path = tmp_path / "vigil.toml"
    path.write_text("[source]\nrotate_deg = 90\n[alerts]\ndelay_s = 20\n[face]\nzone = [0.1, 0.1, 0.5, 0.5]\n")
    settings = load_settings(path, {"--rotate": ("source.rotate_deg", 180), "--zone": ("face.zone", None)})
    assert settings.source.rotate_deg == 180
    assert settings.alerts.delay_s == 20.0
    assert settings.face.zone == (0.1, 0.1, 0.5, 0.5)


def test_zone_from_an_option():
    settings = load_settings(None, {"--zone": ("face.zone", ["0.2", "0.2", "0.5", "0.6"])})
    assert settings.face.zone == (0.2, 0.2, 0.5, 0.6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"--rotate": ("source.rotate_deg", 45)}, r"^--rotate: source.rotate_deg: .*got 45"),
        ({"--zone": ("face.zone", ["1", "2"])}, r"^--zone: face.zone"),
        ({"--zone": ("face.zone", ["0", "0", "2", "1"])}, r"^--zone: face.zone: x, y, w, h must be shares"),
        ({"--composite": ("sidecar.composite", "gamma")}, r"^--composite: sidecar.composite: .*'gamma'"),
    ],
)
def test_wrong_option_is_a_usage_error(options: dict, message: str):
    with pytest.raises(UsageError, match=message) as caught:
        load_settings(None, options)
    assert caught.value.exit_code == 64


def test_wrong_value_names_file_line_and_path(tmp_path: Path):
    path = tmp_path / "vigil.toml"
    path.write_text("[alerts]\n\ndelay_s = 90\n")
    with pytest.raises(ConfigurationError, match=r"vigil.toml:3: alerts.delay_s: must be at most 60, got 90"):
        load_settings(path)


def test_every_section_is_settings_with_defaults():
    sections = [field.name for field in fields(VigilSettings) if is_dataclass(getattr(VigilSettings(), field.name))]
    assert {"source", "face", "classifier", "sampling", "sidecar", "judgement", "alerts", "journal"} <= set(sections)


def test_composite_names_are_those_of_the_explainer():
    composites = pytest.importorskip("models.lrp.composites")
    assert get_args(Composite) == composites.NAMES
