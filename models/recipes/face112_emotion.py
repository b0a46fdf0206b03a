"""The last stage of the shipped network: the layers of emotion alone learn on, from votes and teachers.

Measured before it: accuracy on FER+ training faces lies one point above that on validation faces, so the network fits
its votes too little rather than too well, and all it was shown was occluded, dimmed or blurred. Here half of the faces
are shown as they are, the others changed as before, and the labels are smoothed by teachers (``face112_teachers``) and
by mixing the features of two faces (Verma et al. 2019). The first three stages stand still, so that Action Units and
visibility stay what they are bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.networks.region_resnet18 import RegionResNet18
from models.preprocess import CROP_PX, to_input
from models.recipes.face112 import Progress, Report, append_figures, emotion_figures
from models.recipes.face112_data import FaceSet
from models.recipes.face112_steps import keep, resumed
from models.training.augment import Augmenter


@dataclass(frozen=True, slots=True, kw_only=True)
class EmotionPlan:
    """What the stage does in batches of ``faces``, of which ``plain_share`` are shown as they are.

    ``teacher_share`` of every label comes from the teachers. Two faces are mixed with a share drawn from
    Beta(``mixing``, ``mixing``).
    """

    epochs: int = 2
    faces: int = 128
    plain_share: float = 0.5
    teacher_share: float = 0.5
    mixing: float = 0.2
    learning_rate: float = 0.02
    weight_decay: float = 5e-4
    averaging: float = 0.99
    occlusion: float = 0.2
    seed: int = 20261130
    threads: int = 2


def shown_faces(fer: FaceSet, plan: EmotionPlan, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Network input (N, 1, 112, 112) and labels (N, 8), batch by batch; both depend on seed and epoch alone."""
    rng = np.random.default_rng([plan.seed, epoch])
    augment = Augmenter(CROP_PX, plan.seed + epoch, occlusion=plan.occlusion)
    rows = rng.permutation(np.flatnonzero(fer.split == 0))
    plain = round(plan.plain_share * plan.faces)
    for start in range(0, len(rows) - plan.faces + 1, plan.faces):
        drawn = rows[start : start + plan.faces]
        mirrored = rng.random(plain) < 0.5
        crops = fer.crops[drawn]
        crops[:plain][mirrored] = crops[:plain][mirrored][..., ::-1]
        if plain < plan.faces:
            crops[plain:] = augment(crops[plain:], fer.valid[drawn[plain:]]).crops
        yield torch.from_numpy(to_input(crops)), torch.from_numpy(fer.emotion[drawn])


def learn_emotion(
    network: RegionResNet18, fer: FaceSet, plan: EmotionPlan, work: Path, report: Report, progress: Progress
) -> RegionResNet18:
    """Trains ``network.whole`` and the head ``emotion``, or resumes from ``work/checkpoint.pt``.

    Returns ``network`` with the averaged layers. ``fer`` carries the labels to learn (``face112_teachers.taught``).
    ValueError when the checkpoint belongs to another plan.
    """
    work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    layers = torch.nn.ModuleDict({"whole": network.whole, "emotion": network.heads["emotion"]})
    wanted = {name: parameter.requires_grad for name, parameter in network.named_parameters()}
    network.requires_grad_(False)
    learned = [parameter.requires_grad_(True) for parameter in layers.parameters()]
    averaged = torch.optim.swa_utils.AveragedModel(
        layers,
        multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(plan.averaging),  # type: ignore[no-untyped-call]
        use_buffers=True,
    )
    optimiser = torch.optim.SGD(
        [
            {"params": [p for p in learned if p.ndim > 1], "weight_decay": plan.weight_decay},
            {"params": [p for p in learned if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=plan.learning_rate,
        momentum=0.9,
        nesterov=True,
    )
    steps = int((fer.split == 0).sum()) // plan.faces
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, plan.learning_rate, total_steps=plan.epochs * steps, pct_start=0.15, cycle_momentum=False
    )
    checkpoint = work / "checkpoint.pt"
    parts: dict[str, Any] = {"layers": layers, "averaged": averaged, "optimiser": optimiser, "schedule": schedule}
    for epoch in range(resumed(checkpoint, plan, parts), plan.epochs):
        torch.manual_seed(plan.seed + epoch)
        total = 0.0
        for step, (inputs, labels) in enumerate(shown_faces(fer, plan, epoch)):
            network.eval()
            with torch.no_grad():
                shared = network.blocks(network.stem(inputs.contiguous(memory_format=torch.channels_last)))
            layers.train()
            loss = _mixed_loss(network, shared, labels, np.random.default_rng([plan.seed, epoch, step]), plan.mixing)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
            averaged.update_parameters(layers)
            total += float(loss.detach())
            progress(f"emotion, epoch {epoch + 1} of {plan.epochs}", step + 1, steps)
        figures = {"epoch": float(epoch), "loss": total / steps, **_with(network, layers, averaged, fer)}
        report(figures)
        append_figures(work / "curves.csv", figures)
        keep(checkpoint, plan, epoch, parts)
    layers.load_state_dict(averaged.module.state_dict())
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(wanted[name])
    network.eval()
    return network


def _mixed_loss(
    network: RegionResNet18, shared: Tensor, labels: Tensor, rng: np.random.Generator, mixing: float
) -> Tensor:
    """Cross-entropy after the features (N, C, G, G) of every face were mixed with those of another one."""
    share = float(rng.beta(mixing, mixing))
    other = torch.from_numpy(rng.permutation(len(shared)))
    share = max(share, 1.0 - share)
    mixed = share * shared + (1.0 - share) * shared[other]
    soft = share * labels + (1.0 - share) * labels[other]
    return -(soft * F.log_softmax(network.emotion(mixed), dim=1)).sum(dim=1).mean()


def _with(
    network: RegionResNet18, layers: torch.nn.ModuleDict, averaged: torch.optim.swa_utils.AveragedModel, fer: FaceSet
) -> dict[str, float]:
    """Validation figures with the averaged layers in place; the ones being trained are put back."""
    kept = {name: value.clone() for name, value in layers.state_dict().items()}
    layers.load_state_dict(averaged.module.state_dict())
    figures = emotion_figures(network, fer)
    layers.load_state_dict(kept)
    return figures
