"""The joint stage: everything learns together, early layers stand still after a while; a resumed run is the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_faces import SMILE, network, quiet, regions, smiles

from models.networks.region_resnet18 import RegionResNet18
from models.recipes import face112, face112_joint
from models.recipes.face112_data import FaceSet

PLAN = face112_joint.JointPlan(
    epochs=3,
    early_epochs=1,
    steps=4,
    faces=6,
    made=6,
    averaging=0.5,
    evidence_every=2,
    evidence_faces=6,
    threads=1,
)


def voted(count: int = 24, validation: int = 6) -> FaceSet:
    """Smiles are happiness, the rest neutral; the last rows are for validation."""
    fer = smiles(count, real=True)
    fer.emotion[:] = np.eye(8, dtype=np.float32)[fer.majority]
    fer.split[count - validation :] = 1
    return fer


def learned(work: Path, plan: face112_joint.JointPlan = PLAN, report=quiet) -> RegionResNet18:
    sets = voted(), smiles(42, real=False)
    return face112_joint.learn_jointly(network(width=8), *sets, plan, work, report, quiet, regions=regions())


def test_emotion_and_units_are_learned_together(tmp_path: Path) -> None:
    found = learned(tmp_path, replace(PLAN, epochs=1, early_epochs=1, steps=48, evidence_weight=0.0))
    shown = voted()
    emotion, units, _ = face112.raw_outputs(found, shown.crops)
    smiling = shown.au[:, SMILE] > 0
    assert (emotion.argmax(axis=1) == shown.majority).mean() > 0.9
    assert units[smiling, SMILE].mean() - units[~smiling, SMILE].mean() > 0.5
    assert all(p.requires_grad != name.endswith("mean.weight") for name, p in found.named_parameters())


def test_early_layers_move_at_first_and_then_stand_still(tmp_path: Path) -> None:
    def weights(plan: face112_joint.JointPlan, work: str) -> dict[str, torch.Tensor]:
        return learned(tmp_path / work, replace(plan, epochs=1)).state_dict()

    before = network(width=8).state_dict()
    still = weights(replace(PLAN, early_epochs=0), "still")
    moved = weights(replace(PLAN, early_epochs=1), "moved")
    for name in ("stem.0.weight", "blocks.0.0.conv1.weight", "stem.1.running_mean"):
        assert torch.equal(still[name], before[name]), name
        assert not torch.equal(moved[name], before[name]), name
    assert not torch.equal(still["blocks.1.0.conv1.weight"], before["blocks.1.0.conv1.weight"])


def test_it_leaves_its_schedule_where_it_is_told(tmp_path: Path) -> None:
    plan = replace(PLAN, stop_after=2)
    stopped = learned(tmp_path / "stopped", plan).state_dict()
    assert (tmp_path / "stopped" / "curves.csv").read_text().count("\n") == 1 + 2
    shorter = learned(tmp_path / "shorter", replace(PLAN, epochs=2)).state_dict()
    assert any(not torch.equal(tensor, shorter[name]) for name, tensor in stopped.items()), "its rates are the longer's"


def test_a_resumed_stage_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(figures: dict[str, float]) -> None:
        if figures["epoch"] == 1:
            raise StopError

    reports: list[dict[str, float]] = []
    expected = learned(tmp_path / "whole", report=reports.append).state_dict()
    with pytest.raises(StopError):
        learned(tmp_path / "parts", report=stop)
    resumed = learned(tmp_path / "parts").state_dict()
    assert all(torch.equal(tensor, resumed[name]) for name, tensor in expected.items())
    assert reports[-1]["n"] == 6
    assert "r_AU12" in reports[-1]
    assert (tmp_path / "whole" / "curves.csv").read_text().count("\n") == 1 + PLAN.epochs
    with pytest.raises(ValueError, match="another plan"):
        learned(tmp_path / "parts", replace(PLAN, plain_share=0.25))
