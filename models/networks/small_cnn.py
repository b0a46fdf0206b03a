"""The small network of Weitz et al.'s task. Their slides name no architecture; this one is our documented choice.

    x (N, C, S, S)
    blocks.1 … blocks.4   3×3 convolution (32, 64, 128, 128 channels × width), BatchNorm, ReLU, 2×2 max pooling
    flatten
    dense                 128 × width, ReLU, dropout 0.5
    logits                K

Four halvings leave 7×7 cells of a 112 px crop, enough to keep brows, eyes and mouth apart; 0.24 M parameters lie in
the convolutions and 0.8 M in the dense layer, little enough for 75 people.
"""

from __future__ import annotations

from torch import Tensor, nn

from models.errors import SpecMismatch

CHANNELS = (32, 64, 128, 128)


class SmallCnn(nn.Module):
    """(N, C, S, S) float → (N, K) raw outputs."""

    cam_layer = "blocks.4.relu"
    """The module whose output is the last map of features (for Grad-CAM)."""

    def __init__(self, *, outputs: int, input_px: int, channels: int, width: float) -> None:
        super().__init__()
        if input_px < 2 ** len(CHANNELS):
            raise SpecMismatch(f"the small CNN halves four times, so it wants 16 px or more, got {input_px}")
        self.blocks = nn.Sequential()
        before = channels
        for number, size in enumerate(CHANNELS, 1):
            after = max(1, round(size * width))
            block = nn.Sequential()
            block.add_module("conv", nn.Conv2d(before, after, 3, padding=1, bias=False))
            block.add_module("norm", nn.BatchNorm2d(after))
            block.add_module("relu", nn.ReLU())
            block.add_module("pool", nn.MaxPool2d(2))
            self.blocks.add_module(str(number), block)
            before = after
        hidden = max(1, round(128 * width))
        self.flatten = nn.Flatten()
        self.dense = nn.Linear(before * (input_px // 16) ** 2, hidden)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(0.5)
        self.logits = nn.Linear(hidden, outputs)

    def features(self, x: Tensor) -> Tensor:
        """Output of the last block, (N, 128 × width, S/16, S/16)."""
        return self.blocks(x)  # type: ignore[no-any-return]

    def forward(self, x: Tensor) -> Tensor:
        """Raw outputs, before any softmax or sigmoid."""
        hidden = self.relu(self.dense(self.flatten(self.features(x))))
        return self.logits(self.dropout(hidden))  # type: ignore[no-any-return]


def build(*, outputs: int = 3, input_px: int = 112, channels: int = 3, width: float = 1.0) -> SmallCnn:
    """A fresh network for crops of ``input_px``; SpecMismatch below 16 px."""
    return SmallCnn(outputs=outputs, input_px=input_px, channels=channels, width=width)
