"""The recipe after Prajod et al. runs whole on stand-ins, and its probes find a forgetting that was planted."""

from __future__ import annotations

import csv
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.datasets.crops import crop_faces
from models.errors import DataInvalid
from models.networks.vgg16 import build
from models.recipes import prajod
from models.recipes.prajod_data import probe_stand_in
from models.recipes.prajod_probes import planted_verdict
from models.recipes.prajod_settings import STANDARD, PrajodSettings
from models.recipes.prajod_training import load, train_source
from models.reports.document import Report
from models.reports.published_prajod import MODELS
from models.training.even_out import even_out
from models.training.face_batches import Augmentation, FaceBatches, as_input
from models.training.losses import focal

FLIP = Augmentation(flip=True)
TINY = replace(
    PrajodSettings.quick(), input_px=32, width=1 / 16, source_epochs=1, pain_epochs=1, head_epochs=1, pain_per_class=16,
    pain_validation=8, repetitions=2, map_pictures=2, planted_repetitions=2, planted_copies=1, stand_in_emotions=48,
    stand_in_subjects=6, stand_in_frames=20, stand_in_probes=60,
)  # fmt: skip


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The whole recipe, once, as small as it goes; ``rows`` reads a table back from its CSV."""
    out = tmp_path_factory.mktemp("prajod")
    report = Report("Prajod", out)
    threads = torch.get_num_threads()
    prajod.run(TINY, report, out / "work", lambda *_: None)
    assert torch.get_num_threads() == threads
    report.write()
    return report


def rows(report, name):
    with (report.out / "tables" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_table_and_figure_of_the_paper_is_there(report):
    tables = {table.name for table in report.tables}
    assert tables >= {"counts", "table-1", "recalls", "mcnemar", "concept-probes", "figure-5", "planted"}
    assert {picture.name for picture in report.pictures} >= {"source-learning", "figure-3", "figure-6", "planted"}
    assert all(table.stand_in for table in report.tables)
    assert "input 32 px instead of 224" in report.what_shrank


def test_table_1_holds_the_six_models_in_the_papers_order_beside_its_values(report):
    found = rows(report, "table-1")
    assert [row["model"] for row in found] == list(MODELS)
    assert found[0]["recall, pain (published)"] == "0.54"
    assert all(0 <= float(row["F1, mean"]) <= 1 for row in found)
    assert len(next(iter(found))) == 1 + 2 * 10 + 1


def test_mcnemar_is_made_for_each_other_model_and_emotion_with_the_papers_p_beside(report):
    found = rows(report, "mcnemar")
    assert len(found) == 5 * 8
    beside = {(row["model"], row["emotion"]): row["p (published)"] for row in found if row["p (published)"]}
    assert beside == {("FreezeB0", "surprise"): "0.000156", ("FreezeB0", "contempt"): "8.19e-18"}


def test_probes_hold_both_tests_and_the_published_ones(report):
    found = {(row["unit"], row["picture"]): row for row in rows(report, "concept-probes")}
    assert found["AU14", "whole face"]["t (published)"] == "-13.13"
    assert found["AU05", "mouth cropped out"]["F1 FreezeB0 (%) (published)"] == "83.87"
    assert {picture for _, picture in found} == {"whole face", "mouth cropped out"}
    assert all(0 <= float(row["p corrected"]) <= 1 for row in found.values())


def test_settings_follow_the_paper():
    full = PrajodSettings()
    assert (full.input_px, full.rate, full.source_gamma, full.beta, full.pain_gamma) == (224, 0.01, 5.0, 0.99998, 2.0)
    assert (full.pain_per_class, full.pain_validation, full.repetitions, full.width) == (500, 100, 500, 1.0)
    assert full.shrunk() == []
    assert full.for_photographs() == full
    assert TINY.for_photographs().normalised
    assert any("BatchNorm" in line for line in TINY.for_photographs().shrunk())
    assert len(TINY.shrunk()) > 10
    assert replace(full, workers=4).digest() == full.digest() != replace(full, seed=1).digest()


def test_an_emotion_network_that_is_given_is_not_trained_again(tmp_path):
    network = build(outputs=8, input_px=32, width=1 / 16, dense=())
    torch.save(network.state_dict(), tmp_path / "emotion.pt")
    settings = replace(TINY, weights={"emotion": str(tmp_path / "emotion.pt")})

    class Task:
        names = tuple("abcdefgh")

    got, started, curves = train_source(settings, Task(), tmp_path, lambda *_: None)
    assert curves == ()
    assert "emotion.pt" in started
    assert all(torch.equal(a, b) for a, b in zip(got.parameters(), network.parameters(), strict=True))
    (tmp_path / "bad.pt").write_bytes(b"no weights")
    with pytest.raises(DataInvalid, match=r"bad\.pt: no weights of this VGG16 \([^\n]*\)$"):
        load(network, tmp_path / "bad.pt")


UNIT = "AU05"


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A network that knows AU5, and copies of it that learnt an epoch longer, each in its own order: training noise.

    Called with a copy's number and a strength it gives the probe's answer on other people. One thread: how many there
    are decides the order of sums, and with it the last digits that training carries on.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    settings = replace(PrajodSettings.quick(), planted_repetitions=60, stand_in_probes=240)
    work = tmp_path_factory.mktemp("planted")
    lessons = probe_stand_in(replace(settings, seed=9, stand_in_probes=320))
    crops = crop_faces(lessons, settings.input_px, work / "crops")
    present = (lessons.presence(UNIT) > 0).astype(np.int64)

    def taught(network, epochs, seed):
        steering = torch.optim.SGD(network.parameters(), lr=0.003, momentum=0.9)
        every = FaceBatches(
            crops.pixels, np.arange(len(present)), present, STANDARD, size=16, seed=seed, augmentation=FLIP
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            for epoch in range(epochs):
                for x, y in every(epoch):
                    steering.zero_grad()
                    focal(0.0)(network(x), y).backward()
                    steering.step()
        return network.eval()

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        fresh = build(outputs=2, input_px=settings.input_px, width=settings.width, dense=())
    even_out(fresh, as_input(np.asarray(crops.pixels[:64]), STANDARD))
    network = taught(fresh, 8, 0)

    def compared(number, strength):
        copy = taught(deepcopy(network), 1, 10 + number)
        return prajod.planted_comparison(settings, network, copy, strength, number, work, UNIT)

    yield compared
    torch.set_num_threads(threads)


def test_a_planted_forgetting_is_found_at_full_strength(planted):
    found = planted(0, 1.0)
    assert found.forgotten()
    assert found.corrected.difference > 0.1
    assert found.corrected.p < 0.02
    assert planted_verdict(UNIT, [(1.0, 0, found)]).endswith("finds the loss in 1 of 1 copies.")


def test_over_five_seeds_nothing_is_found_at_zero_strength_where_the_plain_test_takes_noise_for_a_change(planted):
    found = [planted(number, 0.0) for number in range(5)]
    assert "finds the loss in 0 of 1 copies. The network itself" in planted_verdict(UNIT, [(0.0, 0, found[0])])
    assert [compared.corrected.p > 0.05 for compared in found] == [True] * 5
    assert sum(compared.plain.p < 0.05 for compared in found) >= 2
