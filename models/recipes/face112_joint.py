"""A stage that is not shipped: everything learns together once more, on half of the faces as they are.

Measured before it: on training faces emotion lies 1.6 points above validation, and on renderings learned from the
Action Units agree no better than on others. So the network fits too little: it was shown dimmed, blurred and covered
faces alone, units were learned on features that stood still, and one synthetic face came on two real ones. Here half
of the faces are shown as they are, real and synthetic ones are as many, and the units that agree least weigh twice.
After ``early_epochs`` the stem and the first stage keep their average and stand still, which halves what a step costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.networks.region_resnet18 import RegionResNet18
from models.recipes import face112
from models.recipes.face112 import Progress, Report, append_figures, emotion_figures, evidence_penalty, prefetched
from models.recipes.face112_data import FaceSet
from models.recipes.face112_steps import agreement, draws, keep, resumed
from models.spec import AUS
from models.training.mild_augment import MildAugmenter

WEIGHED = torch.tensor([2.0 if unit in ("AU01", "AU02", "AU04", "AU06", "AU07", "AU09") else 1.0 for unit in AUS])
"""Weight of each unit's error: those that agreed least on faces learned from weigh more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPlan:
    """What the stage does; ``faces`` FER+ and ``made`` synthetic crops a batch, ``steps`` batches an epoch.

    ``plain_share`` of the crops are shown as they are. The stage leaves its schedule of ``epochs`` after ``stop_after``
    of them: the averaged network needs the low rates less than the next round needs the time.
    """

    epochs: int = 11
    stop_after: int = 7
    early_epochs: int = 2
    steps: int = 300
    faces: int = 80
    made: int = 80
    plain_share: float = 0.5
    learning_rate: float = 0.05
    weight_decay: float = 3e-4
    averaging: float = 0.998
    au_weight: float = 3.0
    closed_weight: float = 0.8
    visibility_weight: float = 0.4
    evidence_weight: float = 0.6
    evidence_every: int = 3
    evidence_faces: int = 24
    huber: float = 2.0
    occlusion: float = 0.3
    glasses: float = 0.15
    seed: int = 20261201
    threads: int = 2


def learn_jointly(
    network: RegionResNet18,
    fer: FaceSet,
    made: FaceSet,
    plan: JointPlan,
    work: Path,
    report: Report,
    progress: Progress,
    *,
    regions: NDArray[np.float32],
) -> RegionResNet18:
    """Trains all of ``network`` from where it is, or resumes from ``work/checkpoint.pt``; returns the averaged one.

    ``regions`` (U + 1, 112, 112) as in ``face112.train``. ValueError when the checkpoint belongs to another plan.
    """
    work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    network = network.to(memory_format=torch.channels_last)
    face112.set_regions(network, regions)
    averaged = torch.optim.swa_utils.AveragedModel(
        network,
        multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(plan.averaging),  # type: ignore[no-untyped-call]
        use_buffers=True,
    )
    learned = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.SGD(
        [
            {"params": [p for p in learned if p.ndim > 1], "weight_decay": plan.weight_decay},
            {"params": [p for p in learned if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=plan.learning_rate,
        momentum=0.9,
        nesterov=True,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, plan.learning_rate, total_steps=plan.epochs * plan.steps, pct_start=0.1, cycle_momentum=False
    )
    real = np.flatnonzero(fer.split == 0)
    checkpoint = work / "checkpoint.pt"
    parts: dict[str, Any] = {"network": network, "averaged": averaged, "optimiser": optimiser, "schedule": schedule}
    for epoch in range(resumed(checkpoint, plan, parts), min(plan.epochs, plan.stop_after)):
        torch.manual_seed(plan.seed + epoch)
        augment = MildAugmenter(
            plan.seed + epoch,
            plain_share=plan.plain_share,
            occlusion=plan.occlusion,
            glasses=plan.glasses,
            units=regions,
        )
        network.train()
        if epoch >= plan.early_epochs:
            hold_early(network, averaged.module)
        total = 0.0
        rows = draws(real, len(made.crops), plan, epoch)
        for step, (inputs, labels, shown) in enumerate(prefetched(fer, made, rows, augment)):
            outputs = network(inputs.contiguous(memory_format=torch.channels_last))
            loss = face112.losses(outputs, labels | {"au_weight": labels["au_weight"] * WEIGHED}, plan)
            if plan.evidence_weight > 0 and step % plan.evidence_every == 0:
                loss = loss + plan.evidence_weight * evidence_penalty(
                    network, inputs, labels, shown, plan.evidence_faces, step
                )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            averaged.update_parameters(network)
            total += float(loss.detach())
            progress(f"jointly, epoch {epoch + 1} of {plan.epochs}", step + 1, plan.steps)
        figures = {"epoch": float(epoch), "loss": total / plan.steps}
        figures |= emotion_figures(averaged.module, fer) | agreement(averaged.module, made)
        report(figures)
        append_figures(work / "curves.csv", figures)
        keep(checkpoint, plan, epoch, parts)
    averaged.module.eval()
    return averaged.module  # type: ignore[return-value]


def hold_early(network: RegionResNet18, averaged: torch.nn.Module) -> None:
    """The stem and the first stage take the ``averaged`` ones' weights, stand still and keep their statistics."""
    for name in ("stem", "blocks.0"):
        part = network.get_submodule(name)
        part.load_state_dict(averaged.get_submodule(name).state_dict())
        part.requires_grad_(False)
        part.eval()
