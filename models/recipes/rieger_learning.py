"""One fold of paper R: the reduced ResNet-18 with weighted binary cross-entropy, 25 epochs whatever comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.datasets.crops import Crops
from models.datasets.selections import RIEGER_UNITS
from models.datasets.splits import Rows, Split
from models.evaluation.intervals import f1
from models.networks import paper_resnet18
from models.recipes.asking import PIXELS, answers, keep, kept
from models.recipes.rieger_data import Sets
from models.training.face_batches import FaceBatches
from models.training.fit import FitResult, FitSettings, fit
from models.training.losses import positive_weights, weighted_bce

if TYPE_CHECKING:
    from models.recipes.rieger import RiegerSettings

THRESHOLD = 0.5
"""Of the sigmoid, from which an AU counts as present."""


@dataclass(frozen=True, slots=True, eq=False)
class FoldOutcome:
    """What one fold learnt; ``validation_f1`` is the mean over AUs, the only figure that folds are chosen by.

    ``test_probability`` (N, 8) for the rows of the subject left out.
    """

    split: Split
    result: FitResult
    validation_f1: float
    test_probability: NDArray[np.float32]
    weights: Path


def learn_fold(settings: RiegerSettings, sets: Sets, work: Path, split: Split) -> FoldOutcome:
    """Trains (or resumes, or only reads) the fold of ``split``; checkpoints lie in a folder of its name."""
    crops, present = sets.training, sets.present
    network = fresh(settings)
    learner = FaceBatches(
        crops.pixels, split.train, present[split.train], PIXELS, size=settings.batch, seed=settings.seed
    )
    judge = FaceBatches(crops.pixels, split.validation, present[split.validation], PIXELS, size=128)
    folder = work / split.name.replace(" ", "-").replace(":", "-")
    result = fit(
        network,
        learner,
        judge.in_order,
        weighted_bce(positive_weights(present[split.train])),
        lambda net: torch.optim.SGD(net.parameters(), lr=settings.learning_rate, momentum=settings.momentum),
        FitSettings(
            epochs=settings.epochs,
            keep="last",
            seed=settings.seed,
            identity=f"{crops.folder.name} {split.name} {settings.stacks} {settings.width} {settings.learning_rate:g} "
            f"{settings.momentum:g} {settings.batch}",
            device=settings.compute_device,
        ),
        folder,
    )
    judged = probabilities(network, crops, split.validation)
    return FoldOutcome(
        split=split,
        result=result,
        validation_f1=float(np.nanmean(unit_f1(judged, present[split.validation]))),
        test_probability=probabilities(network, crops, split.test),
        weights=keep(network, folder / "weights.pt"),
    )


def fresh(settings: RiegerSettings) -> paper_resnet18.PaperResNet18:
    """The network with weights drawn from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        return paper_resnet18.build(outputs=len(RIEGER_UNITS), stacks=settings.stacks, width=settings.width)


def trained(settings: RiegerSettings, outcome: FoldOutcome) -> nn.Module:
    """The network of a fold, in evaluation mode, on the CPU."""
    return kept(fresh(settings), outcome.weights)


def probabilities(network: nn.Module, crops: Crops, rows: Rows | Sequence[int]) -> NDArray[np.float32]:
    """(N, 8) sigmoid for the crops of ``rows``."""
    return answers(network, crops, rows, len(RIEGER_UNITS), torch.sigmoid)


def unit_f1(probability: NDArray[np.floating], present: NDArray[np.floating]) -> list[float]:
    """F1 of every AU over the rows where it is coded; NaN where it is not, or where nobody ever says yes."""
    found = []
    for column in range(present.shape[1]):
        known = np.isfinite(present[:, column])
        said, true = probability[known, column] >= THRESHOLD, present[known, column] > 0.5
        found.append(f1(said, true) if known.any() else float("nan"))
    return found
