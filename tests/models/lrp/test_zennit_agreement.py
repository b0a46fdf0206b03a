"""Where zennit has a rule, ours gives what zennit's own gives; where it leaks, the difference is shown."""

from __future__ import annotations

import lrp_network_reference as slow
import numpy as np
import pytest
import torch
from torch import nn
from zennit import composites, rules
from zennit.attribution import Gradient
from zennit.core import Composite

from models.lrp.innvestigate_rules import AlphaBetaWithBias
from models.lrp.named_rules import attribute
from models.lrp.rules import AlphaBetaNoLeak

BIAS = ["bias"]


def by_zennit(network: nn.Module, x: torch.Tensor, composite: Composite, index: int) -> np.ndarray:
    """zennit's own attributor, seeded with the raw output as ours is."""
    with Gradient(network, composite) as attributor:
        _, relevance = attributor(x, lambda output: output * torch.eye(output.shape[1]).to(output)[[index]])
    return relevance.detach().sum(1).numpy()


def close(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["vgg16", "levi_hassner"])
@pytest.mark.parametrize(
    ("rule", "composite"),
    [
        ("kohlbrenner", lambda: composites.EpsilonPlusFlat(1e-6, 1e-9, zero_params=BIAS)),
        ("zplus", lambda: composites.EpsilonPlus(1e-9, 1e-9, zero_params=BIAS)),
    ],
)
def test_whole_networks_agree_with_zennits_composites(name: str, rule: str, composite: object) -> None:
    network, x = slow.tiny(name), torch.from_numpy(slow.picture(name))[None]
    made = composite()
    made.layer_map.insert(0, (nn.LocalResponseNorm, rules.Pass()))
    close(attribute(network, x, [1], rule).relevance, by_zennit(network, x, made, 1))


def test_preset_a_is_zennits_twin_where_no_bias_is_negative() -> None:
    """zennit puts b⁺ under the positive contributions, iNNvestigate the whole b: negative biases tell them apart."""
    network, x = slow.tiny("vgg16"), torch.from_numpy(slow.picture("vgg16"))[None]
    zennits = lambda: by_zennit(network, x, composites.EpsilonPlusFlat(0.1, 1e-9), 1)  # noqa: E731
    assert not np.allclose(attribute(network, x, [1], "preset-a-flat").relevance, zennits(), rtol=1e-3)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                module.bias.abs_()
    close(attribute(network, x, [1], "preset-a-flat").relevance, zennits())


def layers() -> list[nn.Module]:
    torch.manual_seed(2)
    return [nn.Linear(12, 5).double(), nn.Conv2d(2, 3, 3, 2, 1).double()]


def through(rule: rules.BasicHook, layer: nn.Module, x: torch.Tensor, seed: torch.Tensor) -> torch.Tensor:
    handles = rule.register(layer)
    try:
        given = x.clone().requires_grad_()
        output = layer(given)
        (relevance,) = torch.autograd.grad(output, given, seed.reshape(output.shape))
    finally:
        handles.remove()
    return relevance


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (2.0, 1.0)])
def test_alpha_beta_agrees_where_both_signs_are_present(number: int, alpha: float, beta: float) -> None:
    layer = layers()[number]
    x = torch.randn(1, *((12,) if number == 0 else (2, 6, 6)), dtype=torch.float64)
    seed = torch.randn_like(layer(x))
    ours = through(AlphaBetaNoLeak(alpha, beta), layer, x, seed)
    close(ours.numpy(), through(rules.AlphaBeta(alpha, beta, 1e-9, zero_params=BIAS), layer, x, seed).numpy())


def test_alpha_beta_of_one_sign_alone_conserves_where_zennits_does_not() -> None:
    layer = nn.Linear(3, 1, bias=False).double()
    nn.init.ones_(layer.weight)
    x, seed = torch.rand(1, 3, dtype=torch.float64) + 0.1, torch.ones(1, 1, dtype=torch.float64)
    assert float(through(AlphaBetaNoLeak(2, 1), layer, x, seed).sum()) == pytest.approx(1.0)
    assert float(through(rules.AlphaBeta(2, 1, 1e-9), layer, x, seed).sum()) == pytest.approx(2.0)


@pytest.mark.parametrize("number", [0, 1])
def test_innvestigates_alpha_beta_without_bias_is_zennits(number: int) -> None:
    layer = layers()[number]
    nn.init.zeros_(layer.bias)
    x = torch.randn(1, *((12,) if number == 0 else (2, 6, 6)), dtype=torch.float64)
    seed = torch.randn_like(layer(x))
    ours = through(AlphaBetaWithBias(2, 1), layer, x, seed)
    close(ours.numpy(), through(rules.AlphaBeta(2, 1, 1e-12), layer, x, seed).numpy())
