"""Crops as network input in batches: RGB, scaled and standardised as the base weights want, shuffled and augmented.

What an epoch gives depends on its number and the seed alone, so training can resume to the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

U8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """Random changes, each drawn evenly up to its bound: degrees, then shares of the side or factors.

    ``shift`` moves along each axis, ``shear`` slants, ``zoom`` scales each axis by 1 ± zoom (Keras's way). What comes
    in from outside repeats the border. ``flip`` mirrors half of the pictures.
    """

    degrees: float = 0.0
    shift: float = 0.0
    shear: float = 0.0
    zoom: float = 0.0
    flip: bool = False

    @property
    def bends(self) -> bool:
        """Whether anything but the flip is asked for."""
        return any((self.degrees, self.shift, self.shear, self.zoom))


@dataclass(frozen=True, slots=True)
class Standard:
    """Mean and deviation per channel (RGB, pixels in [0, 1]) that input is standardised by."""

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def range(self) -> tuple[float, float]:
        """Least and greatest value that a pixel can have after standardising."""
        low = min((0.0 - mean) / deviation for mean, deviation in zip(self.mean, self.deviation, strict=True))
        high = max((1.0 - mean) / deviation for mean, deviation in zip(self.mean, self.deviation, strict=True))
        return low, high


@dataclass(frozen=True, slots=True, eq=False)
class FaceBatches:
    """``rows`` of (N, S, S, 3) uint8 BGR ``pixels`` with ``targets`` (len(rows), …), for ``fit``.

    Calling it with an epoch's number gives that epoch; ``in_order`` gives all rows unchanged, for validation.
    """

    pixels: U8
    rows: NDArray[np.integer]
    targets: NDArray[np.generic]
    standard: Standard
    size: int = 32
    seed: int = 0
    augmentation: Augmentation | None = None

    def __call__(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """One epoch: every row once, in random order, augmented."""
        rng = np.random.default_rng([self.seed, epoch])
        order = rng.permutation(len(self.rows))
        for start in range(0, len(order), self.size):
            chosen = order[start : start + self.size]
            x = as_input(self.pixels[np.asarray(self.rows)[chosen]], Standard())
            if self.augmentation is not None:
                x = augmented(x, self.augmentation, rng)
            yield standardised(x, self.standard), torch.from_numpy(np.ascontiguousarray(self.targets[chosen]))

    def in_order(self) -> Iterator[tuple[Tensor, Tensor]]:
        """All rows once, in their order, unchanged."""
        for start in range(0, len(self.rows), self.size):
            x = as_input(self.pixels[np.asarray(self.rows)[start : start + self.size]], self.standard)
            yield x, torch.from_numpy(np.ascontiguousarray(self.targets[start : start + self.size]))


def as_input(pixels: U8, standard: Standard) -> Tensor:
    """(N, S, S, 3) uint8 BGR → (N, 3, S, S) float32 RGB, standardised."""
    rgb = np.ascontiguousarray(pixels[..., ::-1].transpose(0, 3, 1, 2))
    return standardised(torch.from_numpy(rgb).float() / 255.0, standard)


def standardised(x: Tensor, standard: Standard) -> Tensor:
    """(N, 3, S, S) RGB in [0, 1] less the mean, divided by the deviation."""
    mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in (standard.mean, standard.deviation))
    return (x - mean) / deviation


def augmented(x: Tensor, augmentation: Augmentation, rng: np.random.Generator) -> Tensor:
    """(N, 3, S, S) with each picture changed at random."""
    count = len(x)
    if augmentation.flip:
        mirrored = torch.from_numpy(rng.random(count) < 0.5)
        x = torch.where(mirrored[:, None, None, None], x.flip(3), x)
    if not augmentation.bends:
        return x
    angle = np.deg2rad(rng.uniform(-1, 1, count) * augmentation.degrees)
    slant = rng.uniform(-1, 1, count) * augmentation.shear
    wide, high = 1.0 + rng.uniform(-1, 1, (2, count)) * augmentation.zoom
    across, down = 2.0 * rng.uniform(-1, 1, (2, count)) * augmentation.shift
    cos, sin = np.cos(angle), np.sin(angle)
    rows = [[cos * wide, (slant * cos - sin) * high, across], [sin * wide, (slant * sin + cos) * high, down]]
    matrix = torch.from_numpy(np.stack([np.stack(row, axis=-1) for row in rows], axis=1).astype(np.float32))
    grid = F.affine_grid(matrix, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
