"""The recipe after Arbabzadah et al. runs whole on stand-ins; an occluded mouth alone lowers a planted happiness."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.datasets.crops import crop_faces
from models.datasets.selections import arbabzadah_split
from models.datasets.stand_in_ratings import stand_in_ratings
from models.errors import DataInvalid, DataMissing
from models.evaluation.occlusion import PARTS
from models.networks.levi_hassner import build
from models.recipes import arbabzadah
from models.recipes.arbabzadah_figures import figure_7
from models.recipes.arbabzadah_settings import STANDARD, ArbabzadahSettings
from models.recipes.arbabzadah_tables import hardly_learnt
from models.recipes.arbabzadah_training import Rated, retrain, retrained_network, train_base
from models.reports.document import Report
from models.training.even_out import even_out
from models.training.face_batches import as_input

TINY = replace(
    ArbabzadahSettings.quick(), input_px=64, width=1 / 16, epochs=1, base_epochs=1, explained=4,
    planted_lips=(0.0, 1.0), stand_in_ratings=32, stand_in_base=20,
)  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The whole recipe, once, as small as it goes."""
    out = tmp_path_factory.mktemp("arbabzadah")
    report = Report("Arbabzadah", out)
    arbabzadah.run(TINY, report, out / "work", lambda *_: None)
    report.write()
    return report


def rows(report, name):
    with (report.out / "tables" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_table_and_figure_of_the_paper_is_there(report):
    tables = {table.name for table in report.tables}
    assert tables >= {"counts", "table-1", "conservation", "happy-unhappy", "occlusion", "aptitude"}
    assert {picture.name for picture in report.pictures} >= {f"figure-{number}" for number in (2, 3, 4, 6, 7)}
    assert all(table.stand_in for table in report.tables)
    assert "input 64 px instead of 227" in report.what_shrank


def test_table_1_holds_sixteen_errors_beside_the_papers_and_what_the_mean_alone_gives(report):
    found = rows(report, "table-1")
    assert [(row["base network"], row["retrained"]) for row in found] == [
        ("age", "dense only"), ("age", "full"), ("gender", "dense only"), ("gender", "full"), ("always the mean", ""),
    ]  # fmt: skip
    assert found[2]["happiness (published)"] == "0.36"
    assert all(0 < float(row["happiness"]) < 8 for row in found)


def test_a_rating_that_is_hardly_learnt_is_said_in_a_sentence():
    said = hardly_learnt({"happiness": 0.5, "intelligence": 0.95}, {"happiness": 1.0, "intelligence": 1.0})
    assert "smaller error than always saying the mean for happiness (50%)." in said
    assert "Hardly learnt: intelligence (5%);" in said
    assert "Hardly" not in hardly_learnt({"happiness": 0.5}, {"happiness": 1.0})


def test_renormalising_and_alpha_beta_conserve_the_score(report):
    found = {(row["rule"], row["base network"]): row for row in rows(report, "conservation")}
    for base in ("age", "gender"):
        assert float(found["ε = 0.01, renormalised per layer", base]["mean error"]) < 1e-2
        assert float(found["α = 2, β = 1", base]["mean error"]) < 1e-2


def test_dense_only_leaves_the_convolutions_alone_and_full_does_not(report):
    for base in ("age", "gender"):
        (folder,) = (report.out / "work").glob(f"*/{base}.pt")
        before = torch.load(folder, weights_only=True)
        dense, full = (
            torch.load(folder.parent / f"{base}-{mode}-happiness" / "weights.pt", weights_only=True)
            for mode in ("dense", "full")
        )
        assert torch.equal(before["stages.1.conv.weight"], dense["stages.1.conv.weight"])
        assert not torch.equal(before["stages.1.conv.weight"], full["stages.1.conv.weight"])
        assert not torch.equal(before["head.dense1.weight"], dense["head.dense1.weight"])


def test_settings_follow_the_paper():
    full = ArbabzadahSettings()
    assert (full.input_px, full.rate, full.momentum, full.width, full.stand_in_ratings) == (227, 0.001, 0.9, 1.0, 2222)
    assert full.shrunk() == []
    assert replace(full, workers=4).digest() == full.digest() != replace(full, seed=1).digest()


def test_base_weights_that_cannot_be_used_are_refused_in_one_line(tmp_path):
    with pytest.raises(DataMissing, match=r"age\.pt: no such file of weights$"):
        train_base(replace(TINY, weights={"age": str(tmp_path / "age.pt")}), "age", tmp_path)
    (tmp_path / "age.pt").write_bytes(b"no weights")
    with pytest.raises(DataInvalid, match=r"age\.pt: no weights of this Levi-Hassner network \([^\n]*\)$"):
        train_base(replace(TINY, weights={"age": str(tmp_path / "age.pt")}), "age", tmp_path)


def test_where_happiness_rests_on_the_mouth_covering_the_mouth_alone_lowers_it(tmp_path):
    settings = replace(ArbabzadahSettings.quick(), input_px=64, epochs=25)
    faces = stand_in_ratings(240, 3, mouth=1.0)
    crops = crop_faces(faces, 64, tmp_path / "crops")
    rated = Rated(crops, faces.labels["ratings"], faces.ratings, arbabzadah_split(faces, 0))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        base = build(outputs=2, input_px=64, width=settings.width)
    even_out(base, as_input(np.asarray(crops.pixels[:64]), STANDARD))
    torch.save({"outputs": 2, **base.state_dict()}, tmp_path / "gender.pt")
    found = retrain(settings, rated, tmp_path, ("gender", "full", "happiness"))
    truth = rated.ratings[rated.split.test, 1]
    assert found.mae < 0.8 * float(np.abs(truth - np.median(truth)).mean())

    report = Report("occlusion", tmp_path / "out")
    lowers = figure_7(report, rated, {"gender": retrained_network(settings, found)}, 30)
    report.write()
    change = {row["covered"]: row["change"] for row in rows(report, "occlusion")}
    assert list(change) == list(PARTS)
    assert float(change["mouth"]) < -0.5
    for part in ("right eye", "both eyes"):
        assert float(change[part]) > 0.4 * float(change["mouth"]), change
    assert "mouth" in lowers
