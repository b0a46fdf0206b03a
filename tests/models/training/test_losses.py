"""Losses against the papers' formulas, written out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from models.errors import SpecMismatch
from models.training.losses import class_balanced_weights, focal, positive_weights, weighted_bce


def test_focal_is_the_formula() -> None:
    logits, target = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.2, 0.1]]), torch.tensor([0, 2])
    rows = []
    for row, label in zip(logits.tolist(), target.tolist(), strict=True):
        p = math.exp(row[label]) / sum(math.exp(value) for value in row)
        rows.append(-((1 - p) ** 5) * math.log(p))
    assert float(focal(5.0)(logits, target)) == pytest.approx(sum(rows) / 2, rel=1e-5)


def test_focal_without_focus_is_cross_entropy_and_weights_multiply() -> None:
    generator = torch.Generator().manual_seed(1)
    logits, target = torch.randn(7, 3, generator=generator), torch.tensor([0, 1, 2, 0, 1, 2, 0])
    assert torch.allclose(focal(0.0)(logits, target), F.cross_entropy(logits, target))
    weights = torch.tensor([2.0, 0.0, 1.0])
    expected = (F.cross_entropy(logits, target, reduction="none") * weights[target]).mean()
    assert torch.allclose(focal(0.0, weights)(logits, target), expected)


def test_focal_stays_finite_where_certain() -> None:
    logits = torch.tensor([[200.0, -200.0], [-200.0, 200.0]], requires_grad=True)
    value = focal(2.0)(logits, torch.tensor([0, 0]))
    value.backward()
    assert math.isfinite(float(value.detach()))
    assert logits.grad is not None
    assert bool(torch.isfinite(logits.grad).all())


def test_class_balanced_weights_follow_the_effective_number() -> None:
    counts, beta = [75374, 134915, 3803], 0.99998
    plain = [(1 - beta) / (1 - beta**n) for n in counts]
    expected = [weight * 3 / sum(plain) for weight in plain]
    assert class_balanced_weights(counts, beta) == pytest.approx(expected, rel=1e-9)


def test_class_balanced_weights_at_the_ends() -> None:
    assert class_balanced_weights([5, 50], 0.0).tolist() == [1.0, 1.0]
    nearly = class_balanced_weights([5, 50], 1 - 1e-12)
    assert nearly[0] / nearly[1] == pytest.approx(10.0, rel=1e-6)
    assert class_balanced_weights([5, 0], 0.9)[1] == 0.0


@pytest.mark.parametrize(("counts", "beta"), [([1, 2], 1.0), ([1, 2], -0.1), ([0, 0], 0.9), ([], 0.9)])
def test_senseless_balance_is_refused(counts: list[int], beta: float) -> None:
    with pytest.raises(SpecMismatch, match="class-balanced"):
        class_balanced_weights(counts, beta)


def test_positive_weights_ignore_the_unknown() -> None:
    present = np.array([[1, 0, 1, np.nan], [0, 0, 1, 1], [0, 0, 1, 0], [0, 0, np.nan, 0]], dtype=float)
    assert positive_weights(present).tolist() == [3.0, 1.0, 1.0, 2.0]
    assert positive_weights(present, most=2.5)[0] == 2.5


def test_weighted_bce_is_the_formula_over_known_labels() -> None:
    logits = torch.tensor([[0.3, -1.0], [2.0, 0.7]], requires_grad=True)
    target = torch.tensor([[1.0, math.nan], [0.0, 1.0]])
    sigmoid = [1 / (1 + math.exp(-value)) for value in (0.3, 2.0, 0.7)]
    expected = -(3.0 * math.log(sigmoid[0]) + math.log(1 - sigmoid[1]) + 0.5 * math.log(sigmoid[2])) / 3
    value = weighted_bce([3.0, 0.5])(logits, target)
    assert float(value.detach()) == pytest.approx(expected, rel=1e-5)
    value.backward()
    assert logits.grad is not None
    assert float(logits.grad[0, 1]) == 0.0


def test_weighted_bce_of_nothing_known_is_nothing() -> None:
    assert float(weighted_bce()(torch.ones(2, 2), torch.full((2, 2), math.nan))) == 0.0
