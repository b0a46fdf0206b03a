"""A training small enough for tests, importable by name so that worker processes find it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from models.errors import DataMissing
from models.training.fit import Batch, FitResult, FitSettings, fit

ROWS, CLASSES = 48, 3


def tiny_network(seed: int = 0) -> nn.Module:
    """Convolution, BatchNorm and dropout: everything that carries state or draws numbers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.3), nn.Linear(4 * 36, CLASSES)
        )


def tiny_data(seed: int, rows: int = ROWS) -> Batch:
    """Noise with a bright row that tells the class."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(0, CLASSES, (rows,), generator=generator)
    x = torch.randn(rows, 1, 8, 8, generator=generator) * 0.5
    x[torch.arange(rows), 0, 2 * y + 1] += 1.5
    return x, y


def tiny_batches(x: Tensor, y: Tensor, epoch: int) -> Iterator[Batch]:
    """Shuffled by the epoch's number alone."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(epoch))
    for rows in order.split(16):
        yield x[rows], y[rows]


def adam(network: nn.Module) -> torch.optim.Optimizer:
    """Has moments, so that a resume that forgot them would show."""
    return torch.optim.Adam(network.parameters(), lr=0.01)


def tiny_fit(work: Path, settings: FitSettings, network: nn.Module | None = None) -> tuple[nn.Module, FitResult]:
    """One run on the tiny data."""
    network = tiny_network() if network is None else network
    x, y = tiny_data(1)
    held = tiny_data(2)
    result = fit(
        network,
        lambda epoch: tiny_batches(x, y, epoch),
        lambda: [held],
        nn.functional.cross_entropy,
        adam,
        settings,
        work,
    )
    return network, result


def tiny_fold(work: Path, fold: int) -> tuple[int, list[float], float]:
    """Seed, training losses, sum of the weights and a convolution large enough to feel the number of threads."""
    network, result = tiny_fit(work / str(fold), FitSettings(epochs=2, seed=fold))
    wide = nn.functional.conv2d(torch.linspace(-1, 1, 64 * 24 * 24).reshape(1, 64, 24, 24), torch.ones(64, 64, 3, 3))
    weight = sum(float(p.detach().double().sum()) for p in network.parameters())
    return fold, [epoch.train_loss for epoch in result.curves] + [float(wide.sum())], weight


def met_fold(work: Path, company: int, fold: int) -> tuple[str, tuple[int, list[float], float]]:
    """The Ray node it ran on ("" for none) and what ``tiny_fold`` gives; ends when ``company`` folds are here at once.

    So a node with one processor cannot run two of them one after the other.
    """
    import ray

    result = tiny_fold(work, fold)
    (work / f"{fold}.here").touch()
    until = time.monotonic() + 300
    while len(list(work.glob("*.here"))) < company:
        if time.monotonic() > until:
            raise DataMissing(f"fold {fold}: {company} folds never ran at the same time")
        time.sleep(0.05)
    return (ray.get_runtime_context().get_node_id() if ray.is_initialized() else ""), result


def failing_fold(fold: int) -> int:
    """The second fold lacks its data."""
    if fold == 1:
        raise DataMissing("fold 1: no pictures")
    return fold


def dying_fold(fold: int) -> int:
    """A process that is gone without a word, as when memory runs out."""
    os._exit(9)


def threads_of(fold: int) -> int:
    """How many threads torch has here."""
    return torch.get_num_threads()
