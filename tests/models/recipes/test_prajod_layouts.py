"""Papers P and A on small trees in the data sets' original layouts: nothing is a stand-in that need not be."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from models.datasets import unbc
from models.errors import DataMissing
from models.recipes import arbabzadah, prajod
from models.recipes.arbabzadah_settings import ArbabzadahSettings
from models.recipes.prajod_settings import PrajodSettings
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
PEOPLE = unbc.SUBJECTS[:6]


def test_prajod_on_affectnet_unbc_and_ck_plus(tmp_path: Path) -> None:
    data = {
        "affectnet": trees.affectnet_set(tmp_path / "affectnet"),
        "unbc": trees.unbc_set(tmp_path / "unbc", PEOPLE, frames=9),
        "ck-plus": trees.ck_plus(tmp_path / "ck"),
    }
    settings = replace(
        PrajodSettings.quick(), data=data, input_px=32, width=1 / 16, source_epochs=1, pain_epochs=1, head_epochs=1,
        pain_per_class=6, pain_validation=2, repetitions=2, planted_copies=1, planted_repetitions=2, stand_in_probes=40,
        map_pictures=1,
    )  # fmt: skip
    report = Report("Prajod", tmp_path / "out")
    with pytest.raises(DataMissing, match=r"publishable\.txt: not found"):
        prajod.run(settings, report, tmp_path / "work", lambda *_: None)
    (data["unbc"] / "publishable.txt").write_text("\n".join(PEOPLE[:2]))
    report = Report("Prajod", tmp_path / "out")
    prajod.run(settings, report, tmp_path / "work", lambda *_: None)
    counts = {row[:2]: row[2] for row in next(t for t in report.tables if t.name == "counts").rows}
    assert counts["emotions", "training"] == 38  # 40 pictures of the eight emotions less 5% to choose by
    assert counts["emotions", "test"] == 16
    assert (counts["pain", "training"], counts["pain", "validation"], counts["pain", "test"]) == (10, 2, 18)
    assert {t.name for t in report.tables if t.stand_in} == {"planted"}
    assert report.write().is_file()


def test_arbabzadah_on_us_adult_faces_and_kdef(tmp_path: Path) -> None:
    data = {
        "us_adult_faces": trees.us_adult_faces(tmp_path / "faces", 11),
        "kdef": trees.kdef_set(tmp_path / "kdef", ["F01", "M01"]),
    }
    settings = replace(
        ArbabzadahSettings.quick(), data=data, input_px=64, width=1 / 16, epochs=1, base_epochs=1, explained=2,
        planted_lips=(0.0, 1.0), stand_in_ratings=16, stand_in_base=12,
    )  # fmt: skip
    report = Report("Arbabzadah", tmp_path / "out")
    arbabzadah.run(settings, report, tmp_path / "work", lambda *_: None)
    counts = dict(next(t for t in report.tables if t.name == "counts").rows)
    assert counts == {"rated pictures": 10, "training": 5, "test": 5}  # one of the eleven lacks a rating
    happy = next(t for t in report.tables if t.name == "happy-unhappy")
    assert [row[5] for row in happy.rows] == [2, 2, 2, 2]
    assert "apter" not in report.lead  # nothing is known without landmarks
    assert "no landmarks" in report.html()
    assert report.write().is_file()
