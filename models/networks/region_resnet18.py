"""Parameter-reduced ResNet-18 whose Action Units are read only where their muscles are.

Emotion is read from the whole face (global average pooling after the fourth stage, as in He et al. 2016). Each
Action Unit and each visibility output has a map of its own over the third stage (a class activation map, Zhou et
al. 2016) and is the mean of that map over a fixed region of the aligned crop. So left and right stay apart, and
evidence for a unit cannot come from cells outside its region, but for what their receptive fields overlap.

``region_resnet18_units`` reads the Action Units through two pointwise layers of their own, which see one cell each
and so carry no evidence from cell to cell; ``region_resnet18`` reads them with the visibility outputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.networks.reduced_resnet18 import BasicBlock
from models.spec import HeadSpec, ModelSpec

STRIDE_PX = 16
"""Side of one cell of the maps in crop px."""


class RegionMean(nn.Conv2d):
    """(N, L, G, G) maps → (N, L, 1, 1): mean over one fixed region each, plus a learned bias. L labels, G cells.

    A depthwise convolution as large as the maps, so that export and LRP rules treat it as the linear layer it is. Its
    weights are anatomy and not learned: neither an optimiser nor ``reset_parameters`` changes them.
    """

    def __init__(self, labels: int, cells: int) -> None:
        super().__init__(labels, labels, cells, groups=labels)
        self.weight.requires_grad_(False)
        nn.init.constant_(self.weight, 1.0 / cells**2)

    def reset_parameters(self) -> None:
        """Zero biases; the regions stay."""
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def set_regions(self, regions: Tensor) -> None:
        """``regions`` (L, G, G) ≥ 0: share of each cell that belongs to the region."""
        total = regions.flatten(1).sum(dim=1).clamp_min(1e-6)
        with torch.no_grad():
            self.weight.copy_((regions / total[:, None, None])[:, None])


class RegionHead(nn.Module):
    """Maps of L labels over (N, C, G, G) features and their region means: (N, L) raw outputs."""

    def __init__(self, channels: int, labels: int, cells: int) -> None:
        super().__init__()
        self.maps = nn.Conv2d(channels, labels, 1, bias=False)
        self.mean = RegionMean(labels, cells)
        self.flatten = nn.Flatten()
        self.cells = cells

    def forward(self, features: Tensor) -> Tensor:
        """Smaller crops (early training) have fewer cells: their maps are enlarged first."""
        maps = self.maps(features)
        if maps.shape[-1] != self.cells:
            maps = F.interpolate(maps, size=(self.cells, self.cells), mode="bilinear", align_corners=False)
        return self.flatten(self.mean(maps))  # type: ignore[no-any-return]


class RegionResNet18(nn.Module):
    """(N, C, S, S) float32 → tuple of raw head outputs (N, L_i), in the order of ``heads``.

    ``width`` is the first stage's channels; stages have width × 1, 2, 4, 8. The head called ``emotion`` sees the
    whole face; every other one has regions. With ``units`` the head called ``au`` has layers of its own.
    """

    def __init__(self, *, width: int, channels: int, size: int, heads: Sequence[HeadSpec], units: bool = False) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        stages = [
            nn.Sequential(
                BasicBlock(width * before, width * after, 1 if before == after else 2),
                BasicBlock(width * after, width * after, 1),
            )
            for before, after in ((1, 1), (1, 2), (2, 4), (4, 8))
        ]
        self.blocks = nn.Sequential(*stages[:3])
        self.whole = stages[3]
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(0.2)
        local = 4 * width
        self.local = nn.Sequential(nn.Conv2d(local, local, 1, bias=False), nn.BatchNorm2d(local), nn.ReLU())
        self.local_dropout = nn.Dropout(0.1)
        self.units = _pointwise(local, 8 * width, 6 * width) if units else None
        cells = -(-size // STRIDE_PX)
        self.heads = nn.ModuleDict(
            {
                head.name: nn.Linear(8 * width, len(head.labels))
                if head.name == "emotion"
                else RegionHead(6 * width if units and head.name == "au" else local, len(head.labels), cells)
                for head in heads
            }
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Raw outputs per head; see ``HeadSpec.scores`` for what they mean."""
        shared = self.blocks(self.stem(x))
        whole = self.dropout(self.flatten(self.pool(self.whole(shared))))
        local = self.local_dropout(self.local(shared))
        units = local if self.units is None else self.units(shared)
        seen = {"emotion": whole, "au": units}
        return tuple(head(seen.get(name, local)) for name, head in self.heads.items())

    def intensities(self, shared: Tensor) -> Tensor:
        """(N, U) raw outputs of the head ``au`` from the third stage's (N, 4 × width, G, G) features."""
        return self.heads["au"]((self.local if self.units is None else self.units)(shared))  # type: ignore[no-any-return]


def _pointwise(*channels: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += [nn.Conv2d(before, after, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers)


def build(spec: ModelSpec) -> RegionResNet18:
    """The network of ``spec`` with fresh weights and, until they are set, whole-crop regions."""
    units = spec.architecture == "region_resnet18_units"
    return RegionResNet18(
        width=spec.width, channels=spec.input_channels, size=spec.input_px, heads=spec.heads, units=units
    )
