"""The parameter-reduced ResNet-18 of Rieger et al., sized by arguments as its own reference (Rieger 2019) lists it.

    stacks (2, 2, 2, 2), 112 px   11.17 M parameters
    stacks (2, 3, 3, 0), 64 px     4.25 M parameters

The stem (7×7 convolution of stride 2, BatchNorm, ReLU, 3×3 max pooling of stride 2) is He et al.'s; stage i has
``stacks[i]`` basic blocks of ``width`` × 1, 2, 4, 8 channels, a stack of 0 leaves its stage out. The published counts
are those of the convolutions (``convolution_parameters``); BatchNorm and the dense layer of 8 outputs add 0.014 M and
0.008 M. Hidden layers have ReLU; R's sigmoid and its threshold of 0.5 come after the raw outputs, outside.
"""

from __future__ import annotations

from torch import Tensor, nn

from models.errors import SpecMismatch
from models.networks.reduced_resnet18 import BasicBlock


class PaperResNet18(nn.Module):
    """(N, C, S, S) float → (N, K) raw outputs."""

    def __init__(self, *, outputs: int, stacks: tuple[int, ...], channels: int, width: int) -> None:
        super().__init__()
        if not stacks or min(stacks) < 0 or stacks[0] < 1:
            raise SpecMismatch(f"stacks are numbers of blocks per stage, the first at least 1, got {stacks}")
        self.stem = nn.Sequential()
        self.stem.add_module("conv", nn.Conv2d(channels, width, 7, 2, 3, bias=False))
        self.stem.add_module("norm", nn.BatchNorm2d(width))
        self.stem.add_module("relu", nn.ReLU())
        self.stem.add_module("pool", nn.MaxPool2d(3, 2, 1))
        self.stages = nn.Sequential()
        before = width
        for stage, count in enumerate(stacks):
            after = width * 2**stage
            blocks = nn.Sequential()
            for number in range(count):
                stride = 2 if stage and not number else 1
                blocks.append(BasicBlock(before, after, stride))
                before = after
            if count:
                self.stages.add_module(str(stage + 1), blocks)
                self.cam_layer = f"stages.{stage + 1}.{count - 1}.relu2"
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.logits = nn.Linear(before, outputs)

    def features(self, x: Tensor) -> Tensor:
        """Output of the last stage, (N, 8 × width, S/32, S/32) with four stages."""
        return self.stages(self.stem(x))  # type: ignore[no-any-return]

    def forward(self, x: Tensor) -> Tensor:
        """Raw outputs, before any sigmoid."""
        return self.logits(self.flatten(self.pool(self.features(x))))  # type: ignore[no-any-return]


def build(
    *, outputs: int = 8, stacks: tuple[int, ...] = (2, 2, 2, 2), channels: int = 3, width: int = 64
) -> PaperResNet18:
    """A fresh network; any input of 32 px or more."""
    return PaperResNet18(outputs=outputs, stacks=stacks, channels=channels, width=width)


def convolution_parameters(network: nn.Module) -> int:
    """Weights of all convolutions: what the reduced ResNets' published counts count."""
    return sum(module.weight.numel() for module in network.modules() if isinstance(module, nn.Conv2d))
