"""VGG16 (Simonyan and Zisserman 2015, configuration D) with its five blocks reachable by name (Prajod et al.).

    x (N, 3, S, S), S a multiple of 32
    B1 … B5   2, 2, 3, 3, 3 convolutions of 3×3 (64, 128, 256, 512, 512 channels × width), each with a ReLU, then
              2×2 max pooling; inside a block: conv1, relu1, conv2, relu2, …, pool
    flatten
    head      dense layers of ``dense`` units with ReLU and dropout 0.5, then ``logits`` with K outputs

Prajod et al. name "a dense layer" after the blocks, which ``dense=()`` gives; the original has two of 4096.
``freeze(network, 3)`` is their FreezeB3: blocks B1 to B3 do not learn. With ``normalised`` a BatchNorm ``norm1``, …
follows each convolution, for learning from few pictures; ``models.folding.folded`` makes the plain network of it.

ImageNet weights are torchvision's: they want RGB in [0, 1] less ``IMAGENET_MEAN``, divided by ``IMAGENET_STD``.
"""

from __future__ import annotations

from torch import Tensor, nn

from models.errors import SpecMismatch

BLOCKS = (("B1", 64, 2), ("B2", 128, 2), ("B3", 256, 3), ("B4", 512, 3), ("B5", 512, 3))
"""Name, channels at width 1, convolutions."""
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Vgg16(nn.Module):
    """(N, C, S, S) float → (N, K) raw outputs."""

    cam_layer = "B5.relu3"
    """The module whose output is the last map of features (for Grad-CAM)."""

    def __init__(
        self,
        *,
        outputs: int,
        input_px: int,
        channels: int,
        width: float,
        dense: tuple[int, ...],
        normalised: bool = False,
    ) -> None:
        super().__init__()
        if input_px < 32 or input_px % 32:
            raise SpecMismatch(f"VGG16 halves five times, so it wants a multiple of 32 px, got {input_px}")
        before = channels
        for name, size, count in BLOCKS:
            block = nn.Sequential()
            for number in range(1, count + 1):
                after = max(1, round(size * width))
                block.add_module(f"conv{number}", nn.Conv2d(before, after, 3, padding=1))
                if normalised:
                    block.add_module(f"norm{number}", nn.BatchNorm2d(after))
                block.add_module(f"relu{number}", nn.ReLU())
                before = after
            block.add_module("pool", nn.MaxPool2d(2))
            self.add_module(name, block)
        self.flatten = nn.Flatten()
        self.head = nn.Sequential()
        before *= (input_px // 32) ** 2
        for number, size in enumerate(dense, 1):
            after = max(1, round(size * width))
            self.head.add_module(f"dense{number}", nn.Linear(before, after))
            self.head.add_module(f"relu{number}", nn.ReLU())
            self.head.add_module(f"dropout{number}", nn.Dropout(0.5))
            before = after
        self.head.add_module("logits", nn.Linear(before, outputs))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):  # sixteen layers without BatchNorm learn nothing from torch's default
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def features(self, x: Tensor) -> Tensor:
        """Output of B5, (N, 512 × width, S/32, S/32)."""
        for name, _, _ in BLOCKS:
            x = self.get_submodule(name)(x)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Raw outputs, before any softmax or sigmoid."""
        return self.head(self.flatten(self.features(x)))  # type: ignore[no-any-return]


def build(
    *,
    outputs: int,
    input_px: int = 224,
    channels: int = 3,
    width: float = 1.0,
    dense: tuple[int, ...] = (4096, 4096),
    normalised: bool = False,
) -> Vgg16:
    """A fresh network; SpecMismatch when ``input_px`` is no multiple of 32. ``width`` scales every layer."""
    return Vgg16(outputs=outputs, input_px=input_px, channels=channels, width=width, dense=dense, normalised=normalised)


def freeze(network: Vgg16, blocks: int) -> None:
    """The first ``blocks`` (0 … 5) blocks do not learn, all else does (FreezeB0 … FreezeB5)."""
    if not 0 <= blocks <= len(BLOCKS):
        raise SpecMismatch(f"VGG16 has {len(BLOCKS)} blocks, {blocks} cannot be frozen")
    network.requires_grad_(True)
    for name, _, _ in BLOCKS[:blocks]:
        network.get_submodule(name).requires_grad_(False)
