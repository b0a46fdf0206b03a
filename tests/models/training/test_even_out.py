"""Evened-out weights: every channel has mean 0 and deviation 1, the last layer stays, and a deep network can learn."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.networks.levi_hassner import build as levi_hassner
from models.networks.vgg16 import build as vgg16
from models.training.even_out import even_out


@pytest.mark.parametrize(
    "make",
    [
        lambda: vgg16(outputs=3, input_px=32, width=1 / 16, dense=(64,)),
        lambda: levi_hassner(outputs=3, input_px=64, width=1 / 16),
    ],
)
def test_every_layer_but_the_last_gives_mean_0_and_deviation_1(make):
    torch.manual_seed(0)
    network = make().train()
    side = 64 if hasattr(network, "stages") else 32
    x = 0.3 + 2.0 * torch.randn(24, 3, side, side)
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    last = layers[-1].weight.clone()
    even_out(network, x)
    assert network.training
    assert torch.equal(layers[-1].weight, last)
    seen = {}
    hooks = [layer.register_forward_hook(lambda m, _, out: seen.update({m: out.detach()})) for layer in layers[:-1]]
    network.eval()(x)
    for hook in hooks:
        hook.remove()
    for out in seen.values():
        over = [axis for axis in range(out.ndim) if axis != 1]
        spread = out.std(dim=over)
        assert float(out.mean(dim=over).abs().max()) < 1e-3
        assert torch.allclose(spread[spread > 1e-3], torch.ones(()), atol=1e-2)
    assert len(seen) == len(layers) - 1
