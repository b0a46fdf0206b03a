"""Parameter-reduced ResNet-18 (He et al. 2016; reduced after Rieger et al.) with several heads over one trunk."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.spec import HeadSpec, ModelSpec


class BasicBlock(nn.Module):
    """Two 3×3 convolutions and a shortcut. The addition is a module, so that LRP rules can hook it."""

    def __init__(self, channels_in: int, channels_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels_in != channels_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels_in, channels_out, 1, stride, bias=False), nn.BatchNorm2d(channels_out)
            )
        self.add = Add()
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, Cin, H, W) → (N, Cout, H/stride, W/stride)."""
        residual = self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x)))))
        return self.relu2(self.add(residual, self.shortcut(x)))  # type: ignore[no-any-return]


class Add(nn.Module):
    """Sum of two branches."""

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        """Element-wise sum of equal shapes."""
        return left + right


class ReducedResNet18(nn.Module):
    """(N, C, S, S) float32 → tuple of raw head outputs (N, L_i), in the order of ``heads``.

    ``width`` is the first stage's channels (64 in the original); stages have width × 1, 2, 4, 8.
    """

    def __init__(self, *, width: int, channels: int, heads: Sequence[HeadSpec]) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(channels, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        )
        blocks: list[nn.Module] = []
        channels_in = width
        for stage, channels_out in enumerate((width, 2 * width, 4 * width, 8 * width)):
            blocks += [
                BasicBlock(channels_in, channels_out, 2 if stage else 1),
                BasicBlock(channels_out, channels_out, 1),
            ]
            channels_in = channels_out
        self.blocks = nn.Sequential(*blocks)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(0.2)
        self.heads = nn.ModuleDict({head.name: nn.Linear(8 * width, len(head.labels)) for head in heads})

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Raw outputs per head; see ``HeadSpec.scores`` for what they mean."""
        trunk = self.dropout(self.flatten(self.pool(self.blocks(self.stem(x)))))
        return tuple(head(trunk) for head in self.heads.values())


def build(spec: ModelSpec) -> ReducedResNet18:
    """The network of ``spec`` with fresh weights."""
    return ReducedResNet18(width=spec.width, channels=spec.input_channels, heads=spec.heads)


def reset_parameters(network: nn.Module, seed: int) -> None:
    """Draws all weights anew (for null distributions), from ``seed`` alone."""
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.BatchNorm2d):
            module.reset_parameters()
