"""Networks that learnt nothing: what a figure of the trained one must beat to mean anything."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from models.networks.reduced_resnet18 import reset_parameters


def null_networks(network: nn.Module, x: Tensor, count: int = 20, first_seed: int = 1) -> Iterator[nn.Module]:
    """``count`` copies of ``network`` with weights drawn anew from seeds ``first_seed``, … (Adebayo et al. 2018).

    Any network with ``heads``, or with one dense layer as its last (N, K). Its BatchNorm statistics are estimated on
    the crops ``x`` (N, C, S, S), and the layers of a network without BatchNorm are scaled on them: with what a fresh
    network has, activations fade layer by layer and the null would be too easy to beat. Outputs that are negative on
    average over ``x`` are turned round, which is as likely a draw: only a unit that the network gives can be
    explained. What an architecture fixes by itself (the regions of its heads) stays, so the null asks what *learning*
    adds. The caller's generator is left as it was.
    """
    for seed in range(first_seed, first_seed + count):
        blank = copy.deepcopy(network)
        with torch.random.fork_rng(devices=[]):
            reset_parameters(blank, seed)
        blank.requires_grad_(False)
        if any(isinstance(module, nn.BatchNorm2d) for module in blank.modules()):
            estimate_statistics(blank, x)
        else:
            scale_activations(blank.eval(), x)
        face_upwards(blank, x)
        yield blank.eval()


def face_upwards(network: nn.Module, x: Tensor) -> None:
    """Negates the learnt weights of every output whose mean over ``x`` is negative.

    The heads are ``network.heads``; without, the last dense layer is the only one.
    """
    heads = getattr(network, "heads", None)
    with torch.no_grad():
        outputs = network(x)
        if heads is None:
            dense = [module for module in network.modules() if isinstance(module, nn.Linear)]
            heads, outputs = nn.Sequential(dense[-1]), (outputs,)
        for head, output in zip(heads.children(), outputs, strict=True):
            sign = torch.where(output.mean(dim=0) < 0, -1.0, 1.0).to(output)
            layers = [module for module in head.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
            layers[0].weight.mul_(sign.view(-1, *[1] * (layers[0].weight.ndim - 1)))
            for layer in layers:
                if layer.bias is not None:
                    layer.bias.mul_(sign)


def scale_activations(network: nn.Module, x: Tensor) -> None:
    """Scales each convolution and dense layer so that its outputs on ``x`` have deviation 1 (Mishkin and Matas 2016).

    One layer after the other, from the input on; a layer whose outputs are all equal stays. Eval mode.
    """
    spread: list[Tensor] = []

    def remember(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        spread.append(output.std())

    for layer in [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]:
        handle = layer.register_forward_hook(remember)
        try:
            with torch.no_grad():
                network(x)
                if float(spread[-1]) > 0:
                    layer.weight.div_(spread[-1])
                    if layer.bias is not None:
                        layer.bias.div_(spread[-1])
        finally:
            handle.remove()


def estimate_statistics(network: nn.Module, x: Tensor) -> None:
    """Sets every BatchNorm's running mean and variance to those of the crops ``x``; leaves the network in eval mode."""
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # cumulative average: one pass over x gives its statistics
    network.eval()
    for norm in norms:
        norm.train()
    with torch.no_grad():
        network(x)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    network.eval()
