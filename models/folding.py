"""BatchNorm folded into the convolutions before it: the same function in fewer layers, as quantisation wants it."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def folded(network: nn.Module) -> nn.Module:
    """A copy in eval mode whose convolutions carry the BatchNorms that followed them, which become identities.

    A BatchNorm belongs to the convolution defined just before it, as in every ``Sequential`` and in
    ``networks.reduced_resnet18``. Whether the copy computes the same is for the caller to measure. Works on the meta
    device too, where it gives the folded structure alone.
    """
    copied = copy.deepcopy(network).eval()
    for convolution, batch_norm in list(_pairs(copied)):
        _put(copied, convolution[0], fuse_conv_bn_eval(convolution[1], batch_norm[1]))
        _put(copied, batch_norm[0], nn.Identity())
    return copied


def _pairs(network: nn.Module) -> Iterator[tuple[tuple[str, nn.Conv2d], tuple[str, nn.BatchNorm2d]]]:
    """Each convolution and the BatchNorm defined right after it, by name."""
    before: tuple[str, nn.Module] = ("", network)
    for name, module in network.named_modules():
        if next(module.children(), None) is not None:
            continue
        if isinstance(module, nn.BatchNorm2d) and isinstance(before[1], nn.Conv2d):
            yield (before[0], before[1]), (name, module)
        before = (name, module)


def _put(network: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, leaf = name.rpartition(".")
    setattr(network.get_submodule(parent), leaf, module)
