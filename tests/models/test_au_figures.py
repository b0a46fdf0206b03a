"""AU figures: perfect and useless scores get what they deserve; what is missing is named."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.errors import DataMissing
from models.evaluation import au_figures as module
from models.evaluation.au_figures import au_figures, rise, unit_figures
from models.evaluation.au_material import LEVELS, Material, rendered_levels, warped, warped_levels
from models.recipes.face112_data import lab_faces
from models.recipes.face112_renderings import open_studio
from models.spec import AUS, face_heads

AU_HEAD = next(head for head in face_heads() if head.name == "au")
BUNDLE: Any = SimpleNamespace(spec=SimpleNamespace(head=lambda name: AU_HEAD))


@pytest.fixture
def material(rng: np.random.Generator) -> Material:
    au = rng.uniform(0, 5, (200, len(AUS))).astype(np.float32)
    au[:, AUS.index("AU43")] = rng.integers(0, 2, 200)
    weight = np.ones_like(au)
    weight[:50, 0] = 0
    person = np.array([f"person {number % 20}" for number in range(200)])
    return Material(np.zeros((200, 1, 1), np.uint8), au, weight, person)


def test_perfect_scores_are_perfect_and_rows_of_no_weight_do_not_count(material: Material) -> None:
    found = unit_figures(BUNDLE, list(AUS), material, material.au.copy(), {})
    assert set(found) == set(AUS)
    assert found[AUS[0]]["n"] == 150
    assert found["AU12"]["n"] == 200
    for unit in AUS:
        assert found[unit]["f1"] == 1.0
        assert found[unit]["f1_interval_95"] == [1.0, 1.0]
        assert ("icc" in found[unit]) == (unit != "AU43")
    assert found["AU12"]["icc"] == pytest.approx(1.0, abs=1e-3)


def test_scores_of_chance_agree_with_nothing(material: Material, rng: np.random.Generator) -> None:
    found = unit_figures(BUNDLE, ["AU12"], material, rng.permutation(material.au), {})["AU12"]
    low, high = found["icc_interval_95"]
    assert abs(found["icc"]) < 0.2
    assert low < found["icc"] < high


def test_an_error_at_the_threshold_does_not_count_as_clear() -> None:
    au = np.full((40, len(AUS)), 1.1, np.float32)
    au[20:] = 4.0
    material = Material(np.zeros((40, 1, 1), np.uint8), au, np.ones_like(au), np.arange(40).astype(str))
    scores = np.where(au > 2, au, 0.9).astype(np.float32)
    found = unit_figures(BUNDLE, ["AU09"], material, scores, {})["AU09"]
    assert found["f1"] == pytest.approx(2 / 3, abs=1e-3)
    assert found["f1_clear"] == 1.0


@pytest.mark.parametrize(("slope", "monotone"), [(1.0, True), (-1.0, False), (0.0, False)])
def test_monotone_is_a_mean_that_rises(slope: float, monotone: bool) -> None:
    scores = np.tile(slope * np.array(LEVELS), 3)[:, None].repeat(len(AUS), 1).astype(np.float32)
    empty = Material(np.zeros((18, 1, 1), np.uint8), scores, scores, np.array(["x"] * 18))
    found = rise(empty, scores, "AU04")
    assert found["monotone"] is monotone
    assert found["rising"] == float(slope > 0)
    assert len(found["levels"]) == len(LEVELS)


@pytest.fixture(scope="module")
def data(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "london").mkdir()
    (folder / "ict_facekit").symlink_to(shared / "data" / "ict_facekit")
    for picture in sorted((shared / "data" / "london").glob("*_neutral.jpg"))[:5]:
        shutil.copy(picture, folder / "london")
    return folder


@pytest.fixture(scope="module")
def asset(shared: Path) -> Path:
    return shared / "assets" / "face_landmarker.task"


@pytest.mark.parametrize("unit", ["AU12", "AU26", "AU27", "AU43"])
def test_labels_of_a_sweep_rise_on_renderings_and_warps(data: Path, asset: Path, unit: str) -> None:
    column = AUS.index(unit)
    sweeps = [
        rendered_levels(open_studio(data, asset, held_out=True), unit, 1, 3),
        warped_levels(lab_faces(data, asset)[:1], unit, 3),
    ]
    for sweep in sweeps:
        levels = sweep.au[:, column]
        assert len(levels) == len(LEVELS)
        assert (np.diff(levels) >= 0).all()
        assert levels[0] == 0 < levels[-1]


def test_warps_are_alike_for_a_seed_and_show_parted_lips(data: Path, asset: Path) -> None:
    people = lab_faces(data, asset)

    def shown(items: Any, title: str, total: int) -> Any:
        return items

    first, again = warped(people, 24, 5, shown), warped(people, 24, 5, shown)
    assert np.array_equal(first.crops, again.crops)
    assert np.array_equal(first.au, again.au)
    assert (first.au[:, AUS.index("AU25")] > 1).any()
    assert len(set(first.person)) == len(people)


def test_the_whole_path_through_a_bundle(
    data: Path, asset: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, few in (("RENDERINGS", 6), ("WARPS", 6), ("SWEPT_PEOPLE", 1), ("DRAWS", 5)):
        monkeypatch.setattr(module, name, few)
    figures = au_figures(tiny_bundle, data, asset)
    units = {"renderings": figures["renderings"], "warps": figures["warps"], "together": figures["together"]}
    for kind, found in units.items():
        assert set(found) | set(figures["missing"]) == set(AUS), kind
        assert all(figure["n"] <= (12 if kind == "together" else 6) for figure in found.values())
    assert figures["people_held_out"] == 2
    assert figures["n_renderings"] == figures["n_warps"] == 6
    assert "levels" in next(iter(figures["warps"].values()))


def test_what_is_not_given_is_asked_for(tiny_bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="--file"):
        au_figures(tiny_bundle, None, tmp_path)
    with pytest.raises(DataMissing, match="--landmarker"):
        au_figures(tiny_bundle, tmp_path, None)
