"""Asking the network of a fold: weights as they were kept, crops in, probabilities out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.datasets.crops import Crops
from models.datasets.splits import Rows
from models.training.face_batches import Standard, as_input

PIXELS = Standard()
"""Pixels in [0, 1]: papers W and R have them so."""
BATCH = 128


def keep(network: nn.Module, file: Path) -> Path:
    """Writes the weights, on the CPU, and returns ``file``."""
    torch.save({name: value.cpu() for name, value in network.state_dict().items()}, file)
    return file


def kept(network: nn.Module, file: Path) -> nn.Module:
    """``network`` with the weights of ``file``, in evaluation mode, on the CPU."""
    network.load_state_dict(torch.load(file, weights_only=True, map_location="cpu"))
    return network.eval()


def inputs(crops: Crops, rows: Rows | Sequence[int]) -> Tensor:
    """(N, 3, S, S) RGB in [0, 1]."""
    return as_input(crops.pixels[np.asarray(rows, np.int64)], PIXELS)


def answers(
    network: nn.Module,
    crops: Crops,
    rows: Rows | Sequence[int],
    outputs: int,
    activation: Callable[[Tensor], Tensor],
) -> NDArray[np.float32]:
    """(N, outputs): ``activation`` of the network's raw outputs for the crops of ``rows``."""
    network.eval()
    device = next(network.parameters()).device
    found = [np.zeros((0, outputs), np.float32)]
    with torch.inference_mode():
        for start in range(0, len(rows), BATCH):
            found.append(activation(network(inputs(crops, rows[start : start + BATCH]).to(device))).cpu().numpy())
    return np.concatenate(found)
