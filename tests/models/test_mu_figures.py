"""μ ÷ chance on networks whose gaze is known, and the figure's bookkeeping."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_bundle import tiny_network, tiny_spec
from torch import Tensor, nn

from models.errors import DataMissing
from models.evaluation import mu_cases, mu_figures
from models.evaluation.mu_cases import Case
from models.lrp.composites import DEFAULT as DEFAULT_COMPOSITE
from models.preprocess import CROP_PX
from models.spec import AUS, HeadSpec, ModelSpec
from monitor.sidecar.settings import SidecarSettings


def landmarks() -> np.ndarray:
    """A drawn mesh: all points over the face's oval, the lips' ring at the mouth."""
    angle = np.linspace(0, 2 * np.pi, 478, endpoint=False)
    points = np.stack([56 + 40 * np.cos(angle), 60 + 48 * np.sin(angle)], axis=1)
    lips = [61, 185, 40, 39, 37, 0, 146, 91, 181, 84, 17, 291, 409, 270, 269, 267, 375, 321, 405, 314]
    ring = np.linspace(0, 2 * np.pi, len(lips), endpoint=False)
    points[lips] = np.stack([56 + 16 * np.cos(ring), 88 + 8 * np.sin(ring)], axis=1)
    return points.astype(np.float32)


class Gaze(nn.Module):
    """Every output is the mean of |x| over one window of the crop, through layers that LRP rules know."""

    def __init__(self, top: int, bottom: int) -> None:
        super().__init__()
        self.split = nn.Conv2d(1, 2, 1, bias=False)
        self.relu = nn.ReLU()
        self.window = nn.Conv2d(2, 8, CROP_PX, bias=False)
        self.flatten = nn.Flatten()
        self.heads = nn.ModuleDict({"au": nn.Linear(8, len(AUS), bias=False)})
        with torch.no_grad():
            self.split.weight.copy_(torch.tensor([1.0, -1.0]).view(2, 1, 1, 1))
            self.window.weight.zero_()
            self.window.weight[:, :, top:bottom, 36:76] = 1e-3
            self.heads["au"].weight.fill_(1.0)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return (self.heads["au"](self.flatten(self.window(self.relu(self.split(x))))),)


def gaze_spec() -> ModelSpec:
    au: HeadSpec = next(head for head in tiny_spec().heads if head.name == "au")
    return ModelSpec(
        model_id="gaze",
        architecture="none",
        width=1,
        input_px=CROP_PX,
        input_channels=1,
        normalisation="face-window-1",
        crop="eyes-nose-1",
        heads=(au,),
    )


def case(number: int = 0, targets: tuple[str, ...] = ("AU25",), source: str = "warped") -> Case:
    crop = np.random.default_rng(number).integers(40, 220, (CROP_PX, CROP_PX)).astype(np.uint8)
    return Case(crop, landmarks(), targets, f"person {number}", source)


def test_a_gaze_at_the_lips_scores_high_and_one_at_the_brow_nothing() -> None:
    faces = [case(number) for number in range(3)]
    lips = mu_figures.look(Gaze(80, 96).eval(), gaze_spec(), "AU25", faces)
    brow = mu_figures.look(Gaze(20, 36).eval(), gaze_spec(), "AU25", faces)
    assert mu_figures.ratio(lips) > 4
    assert mu_figures.ratio(brow) == 0.0
    assert all(one.outside_face == 0.0 and one.conservation_error < 1e-4 for one in lips)
    assert [one.person for one in lips] == ["person 0", "person 1", "person 2"]


def test_relevance_spread_over_everything_scores_about_the_share_of_the_face() -> None:
    class Wide(Gaze):
        def __init__(self) -> None:
            super().__init__(0, 1)
            nn.init.constant_(self.window.weight, 1e-3)

    found = mu_figures.look(Wide().eval(), gaze_spec(), "AU25", [case()])
    hull_share = np.pi * 40 * 48 / CROP_PX**2
    assert mu_figures.ratio(found) == pytest.approx(hull_share, rel=0.1)
    assert found[0].outside_face == pytest.approx(1 - hull_share, rel=0.1)


def test_only_true_positives_count_and_sources_take_turns() -> None:
    network, spec = Gaze(0, CROP_PX).eval(), gaze_spec()
    known = [case(n, ("AU25",), "warped") for n in range(3)] + [case(9, ("AU25", "AU04"), "ferplus")]
    with torch.no_grad():
        network.heads["au"].weight[AUS.index("AU04")] = -1.0
    found = mu_figures.true_positives(network, spec, known)
    assert set(found) == {"AU25"}, "a unit that the network does not see is no true positive"
    assert [one.source for one in found["AU25"]] == ["warped", "ferplus", "warped", "warped"]


def test_record_needs_both_target_and_null() -> None:
    looks = [mu_figures.Look(0.3, 0.1, 0.1, 0.0, f"p{n}", "warped") for n in range(8)]
    assert mu_figures.record("AU25", looks, [1.0] * 20)["met"] is True
    assert mu_figures.record("AU25", looks, [1.0] * 18 + [5.0, 5.0])["met"] is False
    low = [mu_figures.Look(0.12, 0.1, 0.1, 0.0, f"p{n}", "warped") for n in range(8)]
    record = mu_figures.record("AU25", low, [1.0] * 20)
    assert (record["mu_over_chance"], record["met"], record["n"]) == (1.2, False, 8)
    assert record["interval_95"] == [1.2, 1.2]


def test_the_default_composite_is_the_sidecars() -> None:
    assert SidecarSettings().composite == DEFAULT_COMPOSITE


def test_needs_data_and_a_landmarker(tiny_bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="needs --file"):
        mu_figures.mu_figures(tiny_bundle, tmp_path, None)
    with pytest.raises(DataMissing, match="needs --file"):
        mu_figures.mu_figures(tiny_bundle, None, tmp_path)


@pytest.fixture(scope="module")
def folder(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people of London and the first FER+ rows of every emotion asked for."""
    from models.datasets import ferplus

    out = tmp_path_factory.mktemp("mu")
    (out / "london").mkdir()
    for name in ("001_neutral", "001_smiling", "002_neutral"):
        shutil.copy(shared / f"data/london/{name}.jpg", out / "london")
    data = ferplus.load(shared / "data/ferplus_train_valid.npz")
    majority = np.where(data.usage == ferplus.VALIDATION, ferplus.majority(data.votes), -1)
    labels = [ferplus.COLUMNS.index(emotion) for emotion in mu_cases.EMOTION_UNITS]
    rows = np.concatenate([np.flatnonzero(majority == label)[:3] for label in labels])
    np.savez(out / "ferplus_train_valid.npz", images=data.images[rows], votes=data.votes[rows], usage=data.usage[rows])
    return out


def test_cases_come_from_people_kept_from_training(folder: Path, landmarker: Path) -> None:
    found = mu_cases.cases(folder, landmarker, ("AU12", "AU43", "AU25"))
    by_source = {source: [one for one in found if one.source == source] for source in ("ferplus", "smiling", "warped")}
    assert {one.person for one in by_source["warped"] + by_source["smiling"]} == {"london/001"}
    assert {target for one in by_source["warped"] for target in one.targets} <= {"AU12", "AU43", "AU25"}
    assert ("AU43",) in [one.targets for one in by_source["warped"]]
    assert "AU12" in by_source["smiling"][0].targets
    assert len(by_source["ferplus"]) >= 9
    angry = [one for one in by_source["ferplus"] if "emotion:anger" in one.targets]
    assert angry
    assert all({"AU04", "AU07"} <= set(one.targets) for one in angry)
    assert all(np.isfinite(one.landmarks).all() and one.crop.shape == (CROP_PX, CROP_PX) for one in found)


def test_whole_figure_on_an_untrained_network(
    folder: Path, landmarker: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mu_figures, "NULL_NETWORKS", 2)
    monkeypatch.setattr(mu_figures, "NULL_FACES", 2)
    everything = mu_figures.true_positives
    monkeypatch.setattr(
        mu_figures,
        "true_positives",
        lambda network, spec, known: everything(tiny_network(), spec, known) or {"AU12": list(known)[:2]},
    )
    figures = mu_figures.mu_figures(tiny_bundle, folder, landmarker)
    assert figures["composite"] == DEFAULT_COMPOSITE
    assert figures["units"]
    for record in figures["units"]:
        assert record["n"] == len(figures["faces"][record["target"]])
        assert 0 < record["chance"] < 1
        assert len(figures["null"][record["target"]]) <= 2
    named = {record["target"] for record in figures["units"] + figures["emotions"]}
    assert named.isdisjoint(line.split(":")[0] for line in figures["missing"])
