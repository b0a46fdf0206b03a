"""Papers R and W on small trees in the data sets' original layouts: nothing is a stand-in, nothing falls over."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from models.recipes import rieger
from models.recipes.weitz_data import open_material
from models.reports.document import Report


def _trees() -> ModuleType:
    """The builder of small trees, which lies beside the tests of the data sets."""
    place = Path(__file__).parents[1] / "datasets" / "dataset_trees.py"
    spec = importlib.util.spec_from_file_location("dataset_trees", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


trees = _trees()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    tmp_path = tmp_path_factory.mktemp("layouts")
    data = {
        "actor_study": trees.actor_study(tmp_path / "actors", ["01", "02", "03", "16"]),
        "ck_plus": trees.ck_plus(tmp_path / "ck"),
        "unbc": trees.unbc_set(tmp_path / "unbc"),
    }
    settings = replace(
        rieger.RiegerSettings.quick(), data=data, input_px=32, width=2, epochs=1, most=2, null_networks=1,
        null_frames=1, device="cpu",
    )  # fmt: skip
    made = Report("R", tmp_path / "out")
    rieger.run(settings, made, tmp_path / "work", lambda title, done, total: None)
    made.write()
    return made


def test_rieger_runs_on_the_original_layouts_and_marks_nothing_as_stand_in(report: Report) -> None:
    assert not report.stand_in
    assert not any(table.stand_in for table in report.tables)
    (data,) = (table for table in report.tables if table.name == "data")
    rows = {str(row[0]): row for row in data.rows}
    assert rows["Actor Study"][1:4] == (6, 3, 12)  # frames with an AU, without subject 16, of all coded
    assert rows["CK+"][1:3] == (8, 2)  # the peak's AUs at all frames; a smile is none of R's
    assert rows["UNBC"][data.columns.index("AU27")] is None
    (folds,) = (table for table in report.tables if table.name == "folds")
    assert len(folds.rows) == 3


def test_without_a_landmarker_there_is_recognition_but_no_mu(report: Report) -> None:
    (mu,) = (table for table in report.tables if table.name == "table-3-mu")
    assert {row[mu.columns.index("explained")] for row in mu.rows} == {0}
    assert {row[mu.columns.index("μ")] for row in mu.rows} == {None}
    assert "figure-1-regions" not in {picture.name for picture in report.pictures}


def test_weitz_reads_biovid_and_counts_before_and_after_cleaning(tmp_path: Path) -> None:
    root = trees.biovid_d(trees.biovid_a(tmp_path / "biovid"))
    unbc = trees.unbc_set(tmp_path / "unbc", frames=3)
    material = open_material({"biovid": root, "unbc": unbc}, None, subjects=2, frames=2, picture_px=48, seed=1)
    assert not material.faces.stand_in
    counts = {(name, when): (subjects, frames) for name, when, subjects, frames in material.counts}
    assert counts["pain level 3", "before"] == counts["pain level 3", "after"] == (3, 42)
    assert counts["disgust", "before"] == (3, 180)
    assert counts["disgust", "after"] == counts["happiness", "after"] == (2, 84)
    assert np.bincount(material.faces.labels["emotion"]).tolist() == [84, 84, 84]
    assert [name for name, other in material.others.items() if other.stand_in] == ["actor_study"]
    assert len(material.others["unbc"]) == 3
    assert (material.others["unbc"].labels["pspi"] > 0).all()
