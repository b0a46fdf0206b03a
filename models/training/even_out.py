"""Random weights that can learn: every layer scaled by pictures, for networks without BatchNorm and base weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def even_out(network: nn.Module, x: Tensor) -> None:
    """Scales every convolution and dense layer but the last so that each channel has mean 0 and deviation 1 on ``x``.

    Krähenbühl et al. (2016, algorithm 1); layers are taken in the order in which ``network.modules()`` has them, which
    must be the order in which they compute. Deep plain networks hardly begin to learn from a few hundred pictures
    otherwise.
    """
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    was_training = network.training
    network.eval()
    with torch.no_grad():
        for layer in layers[:-1]:
            seen: list[Tensor] = []
            hook = layer.register_forward_hook(lambda _module, _inputs, out, seen=seen: seen.append(out))
            try:
                network(x)
            finally:
                hook.remove()
            out = seen[0]
            over: Any = [axis for axis in range(out.ndim) if axis != 1]
            spread = out.std(dim=over).clamp_min(1e-6)
            layer.weight.div_(spread.view(-1, *[1] * (layer.weight.ndim - 1)))
            if layer.bias is not None:
                layer.bias.copy_((layer.bias - out.mean(dim=over)) / spread)
    network.train(was_training)
