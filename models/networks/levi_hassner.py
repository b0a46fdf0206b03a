"""The age and gender network of Levi and Hassner (2015), base of Arbabzadah et al.'s sixteen.

    x (N, 3, 227, 227)
    stages.1   7×7 convolution of stride 4, 96 × width → ReLU → 3×3 max pooling of stride 2 → normalisation: 28×28
    stages.2   5×5 convolution, 256 × width → ReLU → pooling → normalisation: 14×14
    stages.3   3×3 convolution, 384 × width → ReLU → pooling: 7×7
    flatten
    head       512 × width, 512 × width, each with ReLU and dropout 0.5, then ``logits`` with K outputs

Pooling keeps the last, incomplete window, as Caffe does. The normalisation is local response normalisation across
5 channels, ``y_i = x_i / (1 + α/5 Σ x_j²)^β`` with α = 1e-4 and β = 0.75.

LRP passes relevance through it unchanged: with its divisor read as a constant of the picture the layer is linear and
one-to-one (``y_i = c_i x_i``), so every rule gives ``R_i = R_j`` and nothing is lost.
"""

from __future__ import annotations

import math

from torch import Tensor, nn

from models.errors import SpecMismatch


class LeviHassner(nn.Module):
    """(N, C, S, S) float → (N, K) raw outputs."""

    cam_layer = "stages.3.relu"
    """The module whose output is the last map of features (for Grad-CAM)."""

    def __init__(self, *, outputs: int, input_px: int, channels: int, width: float) -> None:
        super().__init__()
        side = input_px
        self.stages = nn.Sequential()
        before = channels
        for number, (size, kernel, stride, padding) in enumerate(
            ((96, 7, 4, 0), (256, 5, 1, 2), (384, 3, 1, 1)), start=1
        ):
            after = max(1, round(size * width))
            stage = nn.Sequential()
            stage.add_module("conv", nn.Conv2d(before, after, kernel, stride, padding))
            stage.add_module("relu", nn.ReLU())
            stage.add_module("pool", nn.MaxPool2d(3, 2, ceil_mode=True))
            if number < 3:
                stage.add_module("norm", nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1.0))
            self.stages.add_module(str(number), stage)
            before = after
            side = (side + 2 * padding - kernel) // stride + 1
            if side < 3:
                raise SpecMismatch(f"the Levi-Hassner network wants 51 px or more, got {input_px}")
            side = math.ceil((side - 3) / 2) + 1
        hidden = max(1, round(512 * width))
        self.flatten = nn.Flatten()
        self.head = nn.Sequential()
        before *= side**2
        for number in (1, 2):
            self.head.add_module(f"dense{number}", nn.Linear(before, hidden))
            self.head.add_module(f"relu{number}", nn.ReLU())
            self.head.add_module(f"dropout{number}", nn.Dropout(0.5))
            before = hidden
        self.head.add_module("logits", nn.Linear(before, outputs))

    def features(self, x: Tensor) -> Tensor:
        """Output of the last stage, (N, 384 × width, 7, 7) at 227 px."""
        return self.stages(x)  # type: ignore[no-any-return]

    def forward(self, x: Tensor) -> Tensor:
        """Raw outputs, before any softmax."""
        return self.head(self.flatten(self.features(x)))  # type: ignore[no-any-return]


def build(*, outputs: int, input_px: int = 227, channels: int = 3, width: float = 1.0) -> LeviHassner:
    """A fresh network (8 outputs for age groups, 2 for gender, 1 for a rating); SpecMismatch below 51 px."""
    return LeviHassner(outputs=outputs, input_px=input_px, channels=channels, width=width)


def dense_only(network: LeviHassner) -> None:
    """Only the dense layers learn; the convolutions stay as the base task left them."""
    network.requires_grad_(False)
    network.head.requires_grad_(True)
