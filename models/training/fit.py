"""One network, trained epoch by epoch: checkpoint after each, resume to the same numbers, early stopping, curves.

Knows training and validation data alone: nothing here can choose by test data. Every epoch begins from a seed made
of the settings' seed and its number, so a run that was cut off and goes on ends with the same bits as one that was not.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from models.errors import SpecMismatch, TrainingFailed
from models.training.losses import Loss

Batch = tuple[Tensor, Tensor]
"""Network input (N, C, S, S) and targets, the first axis of both being rows."""
Batches = Callable[[int], Iterable[Batch]]
"""Epoch number, from 0 → its batches; must depend on the number alone."""
OptimiserFactory = Callable[[nn.Module], torch.optim.Optimizer]
Measure = Callable[[Tensor, Tensor], Tensor]
"""Logits and targets → one value a row (N,); its mean over rows is what the curves call accuracy."""
Progress = Callable[[str, int, int], None]
"""What is done, how much of it, of how much."""

CHECKPOINT, CURVES = "checkpoint.pt", "curves.csv"


class Stopped(StrEnum):
    """Why a run ended."""

    EPOCHS_DONE = "all epochs done"
    NO_LONGER_BETTER = "validation no longer better"


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """How long and how. ``patience`` epochs without a better ``watch`` end the run; None never ends it early.

    ``keep`` says whose weights remain: those of the epoch with the best ``watch``, or the last one's.

    ``identity`` says what is learnt from (data set, fold, …): a checkpoint of something else is refused. ``device``
    and the number of threads do not belong to it; bits are promised on the same device with the same threads.
    """

    epochs: int
    patience: int | None = None
    seed: int = 0
    watch: Literal["validation_loss", "validation_accuracy"] = "validation_loss"
    keep: Literal["best", "last"] = "best"
    identity: str = ""
    device: str = "cpu"


@dataclass(frozen=True, slots=True)
class Epoch:
    """Figures of one epoch, counted from 1; validation is NaN where there is none. Training's are its running means."""

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True, slots=True)
class FitResult:
    """``curves`` epoch by epoch; the network was left with the weights of ``best_epoch`` (from 1)."""

    curves: tuple[Epoch, ...]
    best_epoch: int
    stopped: Stopped

    @property
    def epochs_run(self) -> int:
        """Epochs trained, those after the best one included."""
        return len(self.curves)

    @property
    def best(self) -> Epoch:
        """Figures of the epoch whose weights were kept."""
        return self.curves[self.best_epoch - 1]


def fit(
    network: nn.Module,
    train: Batches,
    validation: Callable[[], Iterable[Batch]] | None,
    loss: Loss,
    optimiser: OptimiserFactory,
    settings: FitSettings,
    work: Path,
    progress: Progress | None = None,
    *,
    measure: Measure | None = None,
) -> FitResult:
    """Trains ``network`` in place, or goes on from ``work/checkpoint.pt``; writes ``work/curves.csv`` every epoch.

    Without ``validation`` the last epoch is the best one. The caller's random state is left as it was. SpecMismatch
    when the checkpoint belongs to other settings or another network; TrainingFailed when the loss is not finite.
    """
    if settings.keep == "last" and settings.patience is not None:
        raise SpecMismatch(f"{work}: with the last epoch's weights kept, patience means nothing")
    if settings.epochs < 1 or (settings.patience is not None and settings.patience < 1):
        raise SpecMismatch(f"{work}: epochs and patience must be at least 1, got {settings}")
    measure = right if measure is None else measure
    work.mkdir(parents=True, exist_ok=True)
    network.to(settings.device)
    steering = optimiser(network)
    curves, best, best_state = _resumed(network, steering, settings, work / CHECKPOINT)
    while len(curves) < settings.epochs and not _over(curves, best, settings):
        number = len(curves)
        with _seeded(settings, number):
            figures = _learn(network, train(number), loss, measure, steering, settings, progress, number)
            seen = (math.nan, math.nan)
            if validation is not None:
                seen = evaluate(network, validation(), loss, measure, settings.device)
        curves.append(Epoch(number + 1, *figures, *seen))
        if not all(math.isfinite(value) for value in (figures[0], *(seen[:1] if validation is not None else ()))):
            raise TrainingFailed(f"{work}: the loss left the finite numbers in epoch {number + 1}; lower the rate")
        if (
            validation is None
            or settings.keep == "last"
            or best == 0
            or _better(curves[-1], curves[best - 1], settings)
        ):
            best = number + 1
            best_state = {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}
        _keep(network, steering, settings, curves, best, best_state, work)
    network.load_state_dict(best_state)
    network.eval()
    ended = Stopped.NO_LONGER_BETTER if _over(curves, best, settings) else Stopped.EPOCHS_DONE
    return FitResult(tuple(curves), best, ended)


def evaluate(
    network: nn.Module, batches: Iterable[Batch], loss: Loss, measure: Measure | None = None, device: str = "cpu"
) -> tuple[float, float]:
    """Mean loss and accuracy over all rows of ``batches``, in evaluation mode; NaN of nothing."""
    measure = right if measure is None else measure
    network.eval()
    total = _Mean()
    with torch.inference_mode():
        for inputs, targets in batches:
            x, y = inputs.to(device), targets.to(device)
            logits = network(x)
            total.add(loss(logits, y), measure(logits, y))
    return total.values()


def right(logits: Tensor, targets: Tensor) -> Tensor:
    """One value a row: class targets (N,) → arg max hit; label targets (N, U) → share of known labels hit at 0.5."""
    if targets.ndim == 1:
        return (logits.argmax(dim=1) == targets).float()
    known = torch.isfinite(targets)
    hits = ((logits > 0) == (targets > 0.5)) & known
    return hits.sum(dim=1) / known.sum(dim=1).clamp_min(1)


def _learn(
    network: nn.Module,
    batches: Iterable[Batch],
    loss: Loss,
    measure: Measure,
    steering: torch.optim.Optimizer,
    settings: FitSettings,
    progress: Progress | None,
    number: int,
) -> tuple[float, float]:
    network.train()
    total = _Mean()
    for inputs, targets in batches:
        x, y = inputs.to(settings.device), targets.to(settings.device)
        steering.zero_grad(set_to_none=True)
        logits = network(x)
        value = loss(logits, y)
        value.backward()  # type: ignore[no-untyped-call]
        steering.step()
        total.add(value, measure(logits.detach(), y))
    if progress is not None:
        progress(f"{settings.identity or 'training'}: epoch", number + 1, settings.epochs)
    return total.values()


class _Mean:
    """Means of loss and measure over rows."""

    def __init__(self) -> None:
        self.rows, self.loss, self.measured = 0, 0.0, 0.0

    def add(self, loss: Tensor, values: Tensor) -> None:
        """One batch: its mean loss, and one value a row."""
        self.rows += len(values)
        self.loss += float(loss.detach()) * len(values)
        self.measured += float(values.double().sum())

    def values(self) -> tuple[float, float]:
        return (self.loss / self.rows, self.measured / self.rows) if self.rows else (math.nan, math.nan)


def _better(new: Epoch, old: Epoch, settings: FitSettings) -> bool:
    if settings.watch == "validation_loss":
        return new.validation_loss < old.validation_loss
    return new.validation_accuracy > old.validation_accuracy


def _over(curves: list[Epoch], best: int, settings: FitSettings) -> bool:
    return settings.patience is not None and bool(curves) and len(curves) - best >= settings.patience


@contextmanager
def _seeded(settings: FitSettings, epoch: int) -> Iterator[None]:
    devices = [torch.device(settings.device)] if settings.device.startswith("cuda") else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(settings.seed * 1_000_003 + epoch)
        yield


def _keep(
    network: nn.Module,
    steering: torch.optim.Optimizer,
    settings: FitSettings,
    curves: list[Epoch],
    best: int,
    best_state: dict[str, Tensor],
    work: Path,
) -> None:
    """Checkpoint and curves, each replaced as a whole: a kill between two bytes leaves the one before."""
    beside = work / (CHECKPOINT + ".part")
    state = {
        "settings": _belongs(settings),
        "network": network.state_dict(),
        "optimiser": steering.state_dict(),
        "curves": [list(asdict(epoch).values()) for epoch in curves],
        "best": best,
        "best_state": best_state,
    }
    torch.save(state, beside)
    os.replace(beside, work / CHECKPOINT)
    table = work / (CURVES + ".part")
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(Epoch.__dataclass_fields__))
        writer.writeheader()
        writer.writerows(asdict(epoch) for epoch in curves)
    os.replace(table, work / CURVES)


def _resumed(
    network: nn.Module, steering: torch.optim.Optimizer, settings: FitSettings, checkpoint: Path
) -> tuple[list[Epoch], int, dict[str, Tensor]]:
    if not checkpoint.is_file():
        return [], 0, {}
    try:
        kept: dict[str, Any] = torch.load(checkpoint, weights_only=True, map_location=settings.device)
        if kept["settings"] != _belongs(settings):
            raise SpecMismatch(f"{checkpoint}: belongs to other settings; give another work folder or delete this one")
        network.load_state_dict(kept["network"])
        steering.load_state_dict(kept["optimiser"])
        return [Epoch(int(row[0]), *row[1:]) for row in kept["curves"]], int(kept["best"]), kept["best_state"]
    except SpecMismatch:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        raise SpecMismatch(f"{checkpoint}: cannot be resumed from ({reason}); delete it to begin anew") from error


def _belongs(settings: FitSettings) -> dict[str, Any]:
    """What a checkpoint must agree on: all but the device, and the epochs, so that a run can be made longer."""
    return {name: value for name, value in asdict(settings).items() if name not in ("device", "epochs", "patience")}
