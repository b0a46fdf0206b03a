"""The fourth stage of the shipped network: its Action Unit layers learn anew while everything else stands still.

Measured on strangers' renderings (correlation with the strength put on): the third stage leaves AU1, 2, 4, 9 at 0.48 to
0.66, although the same frozen features allow 0.75 to 0.83. Joint training spends its steps on emotion; here every step
is spent on the units, and costs a forward pass instead of three. Emotion and visibility stay what they were, bit by
bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.networks.region_resnet18 import RegionResNet18
from models.preprocess import CROP_PX
from models.recipes import face112
from models.recipes.face112 import Progress, Report, append_figures, au_loss, prefetched
from models.recipes.face112_data import FaceSet
from models.recipes.face112_steps import agreement, draws, keep, outside_evidence, resumed
from models.training.augment import Augmenter


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsPlan:
    """What the stage does; ``faces`` FER+ and ``made`` synthetic crops a batch, ``steps`` batches an epoch."""

    epochs: int = 8
    steps: int = 250
    faces: int = 64
    made: int = 96
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    averaging: float = 0.995
    closed_weight: float = 0.5
    evidence_weight: float = 0.3
    evidence_every: int = 4
    evidence_faces: int = 24
    huber: float = 2.0
    occlusion: float = 0.2
    glasses: float = 0.12
    seed: int = 20261122
    threads: int = 2


def read_units(
    network: RegionResNet18,
    fer: FaceSet,
    made: FaceSet,
    plan: UnitsPlan,
    work: Path,
    report: Report,
    progress: Progress,
    *,
    regions: NDArray[np.float32],
) -> RegionResNet18:
    """Trains ``network.units`` and the head ``au`` from fresh weights, or resumes from ``work/checkpoint.pt``.

    Returns ``network`` with the averaged layers. ``regions`` (U + 1, 112, 112) as in ``face112.train``. ValueError when
    the network has no such layers or the checkpoint belongs to another plan.
    """
    if network.units is None:
        raise ValueError("the network has no layers of its own for the Action Units")
    work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    layers = torch.nn.ModuleDict({"units": network.units, "au": network.heads["au"]})
    wanted = {name: parameter.requires_grad for name, parameter in network.named_parameters()}
    network.requires_grad_(False)
    for module in layers.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.BatchNorm2d):
            module.reset_parameters()
    face112.set_regions(network, regions)
    learned = [p for name, p in layers.named_parameters() if name != "au.mean.weight"]
    for parameter in learned:
        parameter.requires_grad_(True)
    averaged = torch.optim.swa_utils.AveragedModel(
        layers,
        multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(plan.averaging),  # type: ignore[no-untyped-call]
        use_buffers=True,
    )
    optimiser = torch.optim.AdamW(learned, plan.learning_rate, weight_decay=plan.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, plan.learning_rate, total_steps=plan.epochs * plan.steps, pct_start=0.15
    )
    real = np.flatnonzero((fer.split == 0) & (fer.au_weight.sum(axis=1) > 0))
    checkpoint = work / "checkpoint.pt"
    parts: dict[str, Any] = {"layers": layers, "averaged": averaged, "optimiser": optimiser, "schedule": schedule}
    for epoch in range(resumed(checkpoint, plan, parts), plan.epochs):
        torch.manual_seed(plan.seed + epoch)
        augment = Augmenter(CROP_PX, plan.seed + epoch, occlusion=plan.occlusion, glasses=plan.glasses, units=regions)
        rows = draws(real, len(made.crops), plan, epoch)
        total = 0.0
        for step, (inputs, labels, shown) in enumerate(prefetched(fer, made, rows, augment)):
            network.eval()
            with torch.no_grad():
                early = network.blocks[:2](network.stem(inputs.contiguous(memory_format=torch.channels_last)))
                features = network.blocks[2](early)
            layers.train()
            intensity, closed = au_loss(network.intensities(features), labels["au"], labels["au_weight"], plan.huber)
            loss = intensity + plan.closed_weight * closed
            if plan.evidence_weight > 0 and step % plan.evidence_every == 0:
                outside = outside_evidence(network, early, labels, shown, plan.evidence_faces, step)
                loss = loss + plan.evidence_weight * outside
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            averaged.update_parameters(layers)
            total += float(loss.detach())
            progress(f"Action Units, epoch {epoch + 1} of {plan.epochs}", step + 1, plan.steps)
        figures = {"epoch": float(epoch), "loss": total / plan.steps, **_with(network, layers, averaged, made)}
        report(figures)
        append_figures(work / "curves.csv", figures)
        keep(checkpoint, plan, epoch, parts)
    layers.load_state_dict(averaged.module.state_dict())
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(wanted[name])
    network.eval()
    return network


def _with(
    network: RegionResNet18,
    layers: torch.nn.ModuleDict,
    averaged: torch.optim.swa_utils.AveragedModel,
    made: FaceSet,
) -> dict[str, float]:
    """Figures with the averaged layers in place; the ones being trained are put back."""
    kept = {name: value.clone() for name, value in layers.state_dict().items()}
    layers.load_state_dict(averaged.module.state_dict())
    figures = agreement(network, made)
    layers.load_state_dict(kept)
    return figures
