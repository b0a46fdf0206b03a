"""``vigil models report``: options reach the recipe's settings, and what cannot be done is said in one line."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import ModuleType

import pytest
from typer.testing import CliRunner

from models.command import models
from models.errors import DataMissing, PartMissing, ReportUnwritable
from models.reports import command
from models.reports.command import Paper, write_report


@dataclass(frozen=True)
class FakeSettings:
    width: int = 64
    seed: int = 0
    data: dict = field(default_factory=dict)
    weights: dict = field(default_factory=dict)

    @classmethod
    def quick(cls):
        return cls(width=8)


@pytest.fixture
def seen(monkeypatch):
    """A recipe that writes one table; the settings it was run with are appended to the list."""
    runs: list[FakeSettings] = []
    module = ModuleType("fake_recipe")

    def run(settings, report, work, progress):
        runs.append(settings)
        progress("working", 1, 1)
        report.stand_in = True
        report.shrunk([f"width {settings.width} instead of 64"] if settings.width != 64 else [])
        report.table("one", ["a"], [[settings.width]])

    module.run, module.FakeSettings = run, FakeSettings
    monkeypatch.setitem(sys.modules, "fake_recipe", module)
    monkeypatch.setattr(command, "PAPERS", {"fake": Paper("fake_recipe", "FakeSettings", "Fake", "After nobody.")})
    monkeypatch.setattr("models.command._landmarker", lambda given: given)
    return runs


def test_options_reach_the_recipe_and_what_shrank_is_printed(seen, tmp_path):
    arguments = [
        "report",
        "fake",
        "--out",
        str(tmp_path / "out"),
        "--quick",
        "--seed",
        "7",
        "--data",
        f"unbc={tmp_path}",
    ]
    result = CliRunner().invoke(models, [*arguments, "--weights", "imagenet=torchvision"])
    assert result.exit_code == 0, result.output
    assert seen == [FakeSettings(8, 7, {"unbc": tmp_path}, {"imagenet": "torchvision"})]
    assert "shrunk: width 8 instead of 64" in result.output
    assert "stand-in" in result.output
    assert "Fake" in (tmp_path / "out/report.html").read_text()
    assert (tmp_path / "out/tables/one.csv").read_text().splitlines()[1] == "8,yes"


def test_without_quick_the_papers_settings_stand(seen, tmp_path):
    report = write_report("fake", tmp_path, progress=lambda *_: None)
    assert seen == [FakeSettings()]
    assert report.what_shrank == ()


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"data": ["unbc"]}, "--data unbc: write NAME=PATH"),
        ({"data": ["unbc=/no/such/folder"]}, "--data unbc=/no/such/folder: not there"),
        ({"workers": "2"}, "models report fake: --workers means nothing to this recipe"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_runs(seen, tmp_path, options, line):
    with pytest.raises(DataMissing, match=f"^{line}$"):
        write_report("fake", tmp_path, progress=lambda *_: None, **options)
    assert seen == []


def test_a_folder_that_cannot_be_written_is_refused_before_anything_runs(seen, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportUnwritable):
        write_report("fake", tmp_path / "file", progress=lambda *_: None)
    assert seen == []


def test_an_unknown_paper_names_the_known_ones(tmp_path):
    with pytest.raises(DataMissing, match="no paper 'x'; there are weitz, rieger, prajod, arbabzadah"):
        write_report("x", tmp_path, progress=lambda *_: None)


def test_a_missing_package_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setattr(command, "PAPERS", {"fake": Paper("no_such_module_here", "X", "", "")})
    with pytest.raises(PartMissing, match=r"needs no_such_module_here: pip install 'vigil\[research\]'"):
        write_report("fake", tmp_path, progress=lambda *_: None)
