"""One fold of paper W: the small network trained on some people, stopped by others, tested on others again."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from models.datasets.biovid import CLASSES
from models.datasets.crops import Crops
from models.datasets.splits import Rows, Split
from models.networks import small_cnn
from models.recipes.asking import PIXELS, answers, keep, kept
from models.training.face_batches import FaceBatches
from models.training.fit import FitResult, FitSettings, fit

if TYPE_CHECKING:
    from models.recipes.weitz import WeitzSettings

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class FoldOutcome:
    """What one fold learnt: (loss, accuracy) per part at the kept epoch, losses with the L2 ``penalty``, as Keras.

    ``probability`` (N, 3) for the ``rows`` of the test and of the validation people.
    """

    split: Split
    result: FitResult
    train: Pair
    validation: Pair
    test: Pair
    penalty: float
    test_probability: NDArray[np.float32]
    validation_probability: NDArray[np.float32]
    weights: Path


def learn_fold(settings: WeitzSettings, crops: Crops, work: Path, split: Split) -> FoldOutcome:
    """Trains (or resumes, or only reads) the fold of ``split``; checkpoints lie in a folder of its name."""
    label = np.asarray(crops.faces.labels["emotion"], np.int64)
    network = fresh(settings)
    learner = FaceBatches(
        crops.pixels, split.train, label[split.train], PIXELS, size=settings.batch, seed=settings.seed
    )
    judge = FaceBatches(crops.pixels, split.validation, label[split.validation], PIXELS, size=128)
    folder = work / split.name.replace(" ", "-")
    result = fit(
        network,
        learner,
        judge.in_order,
        F.cross_entropy,
        lambda net: optimiser(net, settings),
        FitSettings(
            epochs=settings.epochs,
            patience=settings.patience,
            seed=settings.seed,
            identity=f"{crops.folder.name} {split.name} {settings.learning_rate:g} {settings.l2:g} {settings.width:g} "
            f"{settings.batch}",
            device=settings.compute_device,
        ),
        folder,
    )
    penalty = settings.l2 * sum(float((weight.detach().double() ** 2).sum()) for weight in kernels(network))
    tested = probabilities(network, crops, split.test)
    judged = probabilities(network, crops, split.validation)
    best = result.best
    return FoldOutcome(
        split=split,
        result=result,
        train=(best.train_loss + penalty, best.train_accuracy),
        validation=_figures(judged, label[split.validation], penalty),
        test=_figures(tested, label[split.test], penalty),
        penalty=penalty,
        test_probability=tested,
        validation_probability=judged,
        weights=keep(network, folder / "weights.pt"),
    )


def fresh(settings: WeitzSettings) -> nn.Module:
    """The small network with weights drawn from the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        return small_cnn.build(outputs=len(CLASSES), input_px=settings.input_px, width=settings.width)


def trained(settings: WeitzSettings, outcome: FoldOutcome) -> nn.Module:
    """The network of a fold as it was kept, in evaluation mode, on the CPU."""
    return kept(fresh(settings), outcome.weights)


def kernels(network: nn.Module) -> list[nn.Parameter]:
    """The weights that L2 acts on: those of convolutions and dense layers."""
    return [parameter for parameter in network.parameters() if parameter.ndim > 1]


def optimiser(network: nn.Module, settings: WeitzSettings) -> torch.optim.Optimizer:
    """Adam with the penalty ``l2 · Σw²`` of the weights; its gradient is 2 · l2 · w, torch's weight decay."""
    chosen = kernels(network)
    others = [parameter for parameter in network.parameters() if parameter.ndim <= 1]
    groups = [{"params": chosen, "weight_decay": 2 * settings.l2}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.Adam(groups, lr=settings.learning_rate)


def probabilities(network: nn.Module, crops: Crops, rows: Rows | Sequence[int]) -> NDArray[np.float32]:
    """(N, 3) softmax for the crops of ``rows``."""
    return answers(network, crops, rows, len(CLASSES), functools.partial(torch.softmax, dim=1))


def _figures(probability: NDArray[np.float32], truth: NDArray[np.int64], penalty: float) -> Pair:
    """Cross-entropy with the penalty, and accuracy."""
    if not len(truth):
        return float("nan"), float("nan")
    told = np.clip(probability[np.arange(len(truth)), truth].astype(np.float64), 1e-12, 1)
    return float(-np.log(told).mean()) + penalty, float((probability.argmax(axis=1) == truth).mean())
