"""A renormalised rule gives on what it got, per picture, over all its inputs, and changes no proportion."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from zennit.rules import Epsilon

from models.lrp.renormalised import Renormalised
from models.lrp.rules import AddRule
from models.networks.reduced_resnet18 import Add


def test_conserves_per_picture_and_keeps_the_proportions() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(6, 4).double()
    x, seed = torch.rand(3, 6, dtype=torch.float64), torch.rand(3, 4, dtype=torch.float64)

    def through(rule: Epsilon | Renormalised) -> Tensor:
        handles = rule.register(layer)
        given = x.clone().requires_grad_()
        (relevance,) = torch.autograd.grad(layer(given), given, seed)
        handles.remove()
        return relevance

    plain, restored = through(Epsilon(0.5)), through(Renormalised(Epsilon(0.5)).copy())
    torch.testing.assert_close(restored.sum(1), seed.sum(1))
    assert not torch.allclose(plain.sum(1), seed.sum(1), rtol=0.01)
    ratio = restored / plain
    torch.testing.assert_close(ratio, ratio[:, :1].expand_as(ratio))
    assert ratio[:, 0].unique().numel() == 3, "every picture its own factor"


def test_an_additions_branches_are_scaled_together() -> None:
    left, right = (torch.rand(2, 5, dtype=torch.float64).requires_grad_() for _ in range(2))
    seed = torch.rand(2, 5, dtype=torch.float64)
    add = Add()
    handles = Renormalised(AddRule(epsilon=1.0)).register(add)
    parts = torch.autograd.grad(add(left, right), (left, right), seed)
    handles.remove()
    torch.testing.assert_close(parts[0].sum(1) + parts[1].sum(1), seed.sum(1))
    torch.testing.assert_close(parts[0] / parts[1], (left / right).detach())


@pytest.mark.parametrize("x", [[[0.0, 0.0]], [[1.0, -1.0]]])
def test_what_cancels_is_left_alone(x: list[list[float]]) -> None:
    layer = nn.Linear(2, 1).double()
    with torch.no_grad():
        layer.weight.fill_(1.0)
        layer.bias.fill_(1.0)
    given = torch.tensor(x, dtype=torch.float64).requires_grad_()
    handles = Renormalised(Epsilon(1e-9)).register(layer)
    (relevance,) = torch.autograd.grad(layer(given), given, torch.ones(1, 1, dtype=torch.float64))
    handles.remove()
    torch.testing.assert_close(relevance, given.detach())
