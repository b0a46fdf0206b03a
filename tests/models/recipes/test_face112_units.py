"""The last stage of the shipped network: the Action Units' layers learn, everything else stays bit by bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_faces import SMILE, network, quiet, regions, smiles

from models.networks.region_resnet18 import RegionResNet18
from models.recipes import face112, face112_steps, face112_units

PLAN = face112_units.UnitsPlan(
    epochs=3, steps=4, faces=4, made=8, learning_rate=0.02, averaging=0.5, evidence_every=2, evidence_faces=6, threads=1
)


def read(work: Path, plan: face112_units.UnitsPlan = PLAN, report=quiet) -> RegionResNet18:
    work.mkdir(exist_ok=True)
    sets = smiles(12, real=True), smiles(42, real=False)
    return face112_units.read_units(network(), *sets, plan, work, report, quiet, regions=regions())


def test_units_are_learned_and_nothing_else_moves(tmp_path: Path) -> None:
    shown = smiles(8, real=True)
    before = face112.raw_outputs(network(), shown.crops)
    learned = read(tmp_path, replace(PLAN, epochs=6, steps=8, learning_rate=0.1, evidence_weight=0.0))
    after = face112.raw_outputs(learned, shown.crops)
    assert np.array_equal(before[0], after[0])  # emotion
    assert np.array_equal(before[2], after[2])  # visibility
    smiling = shown.au[:, SMILE] > 0
    assert after[1][smiling, SMILE].mean() - after[1][~smiling, SMILE].mean() > 0.5
    assert all(p.requires_grad != name.endswith("mean.weight") for name, p in learned.named_parameters())


def test_a_resumed_stage_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(figures: dict[str, float]) -> None:
        if figures["epoch"] == 1:
            raise StopError

    reports: list[dict[str, float]] = []
    expected = read(tmp_path / "whole", report=reports.append).state_dict()
    with pytest.raises(StopError):
        read(tmp_path / "parts", report=stop)
    resumed = read(tmp_path / "parts").state_dict()
    assert all(torch.equal(tensor, resumed[name]) for name, tensor in expected.items())
    assert "r_AU12" in reports[-1]
    assert (tmp_path / "whole" / "curves.csv").read_text().count("\n") == 1 + PLAN.epochs
    with pytest.raises(ValueError, match="another plan"):
        read(tmp_path / "parts", replace(PLAN, epochs=4))


def test_a_network_without_such_layers_is_refused(tmp_path: Path) -> None:
    sets = smiles(12, real=True), smiles(42, real=False)
    with pytest.raises(ValueError, match="no layers of its own"):
        face112_units.read_units(network(units=False), *sets, PLAN, tmp_path, quiet, quiet, regions=regions())


def test_synthetic_faces_held_back_are_never_drawn() -> None:
    made = smiles(63, real=False)
    for epoch in range(3):
        batches = list(face112_steps.draws(np.arange(12), len(made.crops), PLAN, epoch))
        assert len(batches) == PLAN.steps
        drawn = np.concatenate([rows for _, rows in batches])
        assert not (drawn % face112_steps.HELD_BACK == 0).any()


def test_an_older_network_lends_what_it_has() -> None:
    older, newer = network(units=False), network()
    fresh = {name: value.clone() for name, value in newer.state_dict().items()}
    with torch.no_grad():
        older.stem[0].weight.add_(1.0)
    face112.begin_from(newer, older.state_dict())
    taken = newer.state_dict()
    assert torch.equal(taken["stem.0.weight"], older.state_dict()["stem.0.weight"])
    assert torch.equal(taken["units.0.weight"], fresh["units.0.weight"])
    with pytest.raises(ValueError, match=r"lack stem\.0\.weight"):
        face112.begin_from(newer, {name: v for name, v in older.state_dict().items() if name != "stem.0.weight"})
