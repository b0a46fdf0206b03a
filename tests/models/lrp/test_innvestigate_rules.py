"""iNNvestigate's own treatment of biases and BatchNorm, on numbers that can be followed by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from zennit.core import Hook

from models.errors import SpecMismatch
from models.lrp.innvestigate_rules import AlphaBetaWithBias, BatchNormRule


def through(rule: Hook, layer: nn.Module, x: Tensor, seed: Tensor) -> Tensor:
    handles = rule.register(layer)
    try:
        given = x.clone().requires_grad_()
        (relevance,) = torch.autograd.grad(layer(given), given, seed)
    finally:
        handles.remove()
    return relevance


def unit(bias: float) -> nn.Linear:
    layer = nn.Linear(3, 1).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[2.0, 1.0, -1.0]]))
        layer.bias.fill_(bias)
    return layer


X, ONE = torch.tensor([[1.0, 2.0, 1.0]], dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)


def test_a_bias_takes_its_share_of_either_sign() -> None:
    """Contributions 2, 2, −1 and a bias of 1: positive 2 / (4 + 1) each, negative −1 / (−1 + 1) stands over 1e-7."""
    assert through(AlphaBetaWithBias(1, 0), unit(1.0), X, ONE)[0].tolist() == pytest.approx([0.4, 0.4, 0.0])
    assert through(AlphaBetaWithBias(1, 0), unit(-1.0), X, ONE)[0].tolist() == pytest.approx([2 / 3, 2 / 3, 0.0])
    both = through(AlphaBetaWithBias(2, 1), unit(3.0), X, ONE)[0].tolist()
    assert both == pytest.approx([2 * 2 / 7, 2 * 2 / 7, -(-1 / (-1 + 3))])
    assert through(AlphaBetaWithBias(2, 1), unit(1.0), X, ONE)[0, 2] == pytest.approx(1e7)


def norm() -> nn.BatchNorm2d:
    made = nn.BatchNorm2d(1, eps=0.0).double().eval()
    with torch.no_grad():
        made.running_mean.fill_(1.0)
        made.running_var.fill_(4.0)
        made.weight.fill_(3.0)
        made.bias.fill_(0.5)
    return made


def test_batch_norm_is_a_subtraction_a_scaling_and_an_addition() -> None:
    """x = 3: y = 3 (3 − 1) / 2 + 0.5 = 3.5, so of R = 1 arrive 3/2 · 3/3.5."""
    x = torch.full((1, 1, 1, 1), 3.0, dtype=torch.float64)
    assert float(through(BatchNormRule(), norm(), x, torch.ones_like(x))) == pytest.approx(1.5 * 3 / 3.5, rel=1e-6)


def test_batch_norm_without_shift_and_mean_passes_all_on() -> None:
    plain = nn.BatchNorm2d(2, affine=False).double().eval()
    x, seed = torch.randn(2, 2, 3, 3, dtype=torch.float64), torch.randn(2, 2, 3, 3, dtype=torch.float64)
    torch.testing.assert_close(through(BatchNormRule(), plain, x, seed), seed, rtol=1e-3, atol=1e-3)


def test_batch_norm_without_statistics_is_refused() -> None:
    bare = nn.BatchNorm2d(1, track_running_stats=False).double()
    x = torch.rand(2, 1, 2, 2, dtype=torch.float64)
    with pytest.raises(SpecMismatch, match="running statistics"):
        through(BatchNormRule(), bare, x, torch.ones_like(x))
