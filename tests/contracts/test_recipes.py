"""Every paper's recipe through the same suite: whole on stand-ins, marked as such, resumable, refusing in one line.

A further recipe is one more ``Case``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from models.errors import ModelError
from models.reports.command import PAPERS
from models.reports.document import Report


@dataclass(frozen=True)
class Case:
    """A paper by its name in ``PAPERS``, settings tiny enough for a test, and what its report must hold."""

    paper: str
    tiny: Mapping[str, Any]
    tables: frozenset[str]
    figures: frozenset[str]

    @property
    def module(self) -> Any:
        return import_module(PAPERS[self.paper].module)

    @property
    def kind(self) -> Any:
        return getattr(self.module, PAPERS[self.paper].settings)

    def settings(self, **more: Any) -> Any:
        return replace(self.kind.quick(), **{**self.tiny, **more})


WEITZ = Case(
    "weitz",
    {
        "input_px": 32,
        "width": 0.125,
        "epochs": 2,
        "patience": 1,
        "examples": 3,
        "lime_samples": 10,
        "subjects": 10,
        "frames": 2,
        "cue_subjects": 5,
        "cue_frames": 3,
        "cue_epochs": 2,
    },
    frozenset({"counts", "folds", "confusion", "evidence", "sentences", "certainty", "cue"}),
    frozenset({"learning-curve", "lrp", "methods", "other-unbc", "other-actor-study", "cue"}),
)
RIEGER = Case(
    "rieger",
    {
        "input_px": 32,
        "width": 4,
        "epochs": 2,
        "most": 3,
        "null_networks": 2,
        "null_frames": 2,
        "metric_frames": 2,
        "subjects": 3,
        "frames": 16,
        "learning_rate": 0.05,
    },
    frozenset({"data", "table-1-f1-actor-study", "table-2-f1-unbc", "folds", "table-3-mu"}),
    frozenset({"figure-1-regions", "learning-curve", "mu-over-chance"}),
)
RECIPES = (WEITZ, RIEGER)

Ran = Callable[[Case], tuple[Report, Path]]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Case → its report on stand-ins and its work folder; each recipe is run once for all tests."""

    @functools.cache
    def once(paper: str) -> tuple[Report, Path]:
        (case,) = (case for case in RECIPES if case.paper == paper)
        work = tmp_path_factory.mktemp(paper)
        return run(case, case.settings(), work / "report", work / "work"), work

    return lambda case: once(case.paper)


def run(case: Case, settings: Any, out: Path, work: Path) -> Report:
    report = Report(case.paper, out)
    case.module.run(settings, report, work, lambda title, done, total: None)
    report.write()
    return report


def tables(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((out / "tables").glob("*.csv"))}


each = pytest.mark.parametrize("case", RECIPES, ids=[case.paper for case in RECIPES])


@each
def test_runs_whole_on_stand_ins_and_holds_every_table_and_figure(case: Case, ran: Ran) -> None:
    report, work = ran(case)
    assert case.tables <= {table.name for table in report.tables}
    assert case.figures <= {picture.name for picture in report.pictures}
    assert (work / "report" / "report.html").stat().st_size > 10_000
    assert set(tables(work / "report")) == {f"{table.name}.csv" for table in report.tables}


@each
def test_every_number_from_a_stand_in_is_marked(case: Case, ran: Ran) -> None:
    report, _ = ran(case)
    assert all(table.stand_in for table in report.tables)
    assert all(picture.stand_in for picture in report.pictures)


@each
def test_published_values_stand_beside_ours(case: Case, ran: Ran) -> None:
    report, _ = ran(case)
    assert sum(table.published is not None for table in report.tables) >= 2


@each
def test_quick_says_what_it_shrank_and_the_full_settings_shrink_nothing(case: Case, ran: Ran) -> None:
    report, _ = ran(case)
    assert report.what_shrank == tuple(case.kind.quick().shrunk)
    assert len(report.what_shrank) >= 3
    assert case.kind().shrunk == ()


@each
def test_a_second_run_reads_what_the_first_one_learnt_and_says_the_same(case: Case, ran: Ran, tmp_path: Path) -> None:
    _, work = ran(case)
    before = {path: path.stat().st_mtime_ns for path in work.rglob("checkpoint.pt")}
    assert before
    run(case, case.settings(), tmp_path / "again", work / "work")
    assert {path: path.stat().st_mtime_ns for path in work.rglob("checkpoint.pt")} == before
    assert tables(tmp_path / "again") == tables(work / "report")


@each
def test_a_folder_that_is_no_data_set_is_refused_in_one_line(case: Case, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in {"weitz": ("biovid",), "rieger": ("actor_study", "ck_plus", "unbc")}.get(case.paper, ()):
        with pytest.raises(ModelError) as refused:
            run(case, case.settings(data={name: tmp_path / "empty"}), tmp_path / "out", tmp_path / "work")
        assert "\n" not in str(refused.value)
        assert "empty" in str(refused.value)


@each
def test_the_command_can_set_what_it_offers(case: Case) -> None:
    names = {field.name for field in fields(case.kind)}
    assert {"data", "seed", "landmarker", "workers"} <= names
