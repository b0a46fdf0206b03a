"""What the later stages of the shipped network share: rows drawn, figures on the way, parts kept and taken up again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.networks.region_resnet18 import RegionResNet18
from models.recipes.face112 import evidence_outside, evidence_rows, raw_outputs
from models.recipes.face112_data import FaceSet
from models.spec import AUS
from models.training.augment import Augmented
from models.training.evidence import frozen_statistics

HELD_BACK = 20
"""Every twentieth synthetic face is not learned from and shows how a stage goes."""


class Steps(Protocol):
    """What a stage's plan says of its batches: ``faces`` FER+ and ``made`` synthetic crops, ``steps`` an epoch."""

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        ...

    @property
    def faces(self) -> int:
        """FER+ crops a batch."""
        ...

    @property
    def made(self) -> int:
        """Synthetic crops a batch."""
        ...

    @property
    def seed(self) -> int:
        """Of the order and of what is drawn."""
        ...


def draws(
    real: NDArray[np.int64], made: int, plan: Steps, epoch: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows among ``real`` and among ``made`` synthetic faces, batch by batch; their order depends on seed and epoch.

    Synthetic faces held back are never drawn.
    """
    rng = np.random.default_rng([plan.seed, epoch])
    drawn = np.flatnonzero(np.arange(made) % HELD_BACK != 0)
    real = rng.permutation(np.resize(rng.permutation(real), plan.steps * plan.faces))
    drawn = np.resize(rng.permutation(drawn), plan.steps * plan.made)
    for step in range(plan.steps):
        yield real[step * plan.faces :][: plan.faces], drawn[step * plan.made :][: plan.made]


def agreement(network: torch.nn.Module, made: FaceSet) -> dict[str, float]:
    """Correlation of each unit with its label on the synthetic faces held back; 0 where either never varies."""
    rows = np.arange(0, len(made.crops), HELD_BACK)
    shown = raw_outputs(network, made.crops[rows])[1]
    figures = {}
    for column, unit in enumerate(AUS):
        trusted = made.au_weight[rows, column] > 0.1
        found, asked = shown[trusted, column], made.au[rows, column][trusted]
        varied = len(found) > 2 and float(found.std()) > 0 and float(asked.std()) > 0
        figures[f"r_{unit}"] = float(np.corrcoef(found, asked)[0, 1]) if varied else 0.0
    return figures


def outside_evidence(
    network: RegionResNet18, maps: Tensor, labels: Mapping[str, Tensor], shown: Augmented, count: int, step: int
) -> Tensor:
    """``face112.evidence_outside`` of ``count`` crops, from the second stage's ``maps`` of the batch, which stay."""
    rows = evidence_rows(len(maps), count, step)
    with frozen_statistics(network):
        features = maps[rows].detach().requires_grad_(True)
        return evidence_outside(network, features, labels, shown, rows, step)


def keep(checkpoint: Path, plan: Any, epoch: int, parts: Mapping[str, Any]) -> None:
    """Writes the states of ``parts`` after ``epoch`` of the dataclass ``plan``, whole or not at all."""
    state = {"plan": asdict(plan), "epoch": epoch} | {name: part.state_dict() for name, part in parts.items()}
    torch.save(state, checkpoint.with_suffix(".partial"))
    checkpoint.with_suffix(".partial").replace(checkpoint)


def resumed(checkpoint: Path, plan: Any, parts: Mapping[str, Any]) -> int:
    """The epoch to go on with; ``parts`` are then as they were. ValueError for a checkpoint of another plan."""
    if not checkpoint.is_file():
        return 0
    kept = torch.load(checkpoint, weights_only=True)
    if {**kept["plan"], "threads": plan.threads} != asdict(plan):
        raise ValueError(f"{checkpoint}: belongs to another plan; use a fresh work folder")
    for name, part in parts.items():
        part.load_state_dict(kept[name])
    return int(kept["epoch"]) + 1
