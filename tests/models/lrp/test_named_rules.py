"""Every named rule on all four architectures: against the slow matrix reference, conserving, leaving no trace."""

from __future__ import annotations

import itertools
from dataclasses import replace

import lrp_network_reference as slow
import numpy as np
import pytest
import torch
from torch import nn

from models.errors import SpecMismatch
from models.lrp.named_rules import RULES, attribute
from models.lrp.rule_table import FIRST_LAYER

Z, TINY = slow.epsilon(1e-9, bias=True), 1e-9


def everywhere(rule: slow.Rule, **other: object) -> slow.Scheme:
    return slow.Scheme(**{**dict.fromkeys(("convolution", "dense", "addition", "first"), rule), **other})


def flat_first(convolution: slow.Rule, dense: slow.Rule, addition: slow.Rule, **other: object) -> slow.Scheme:
    return slow.Scheme(convolution=convolution, dense=dense, addition=addition, first=slow.flat, **other)


PLUS, BOTH = slow.alpha_beta(1, 0), slow.alpha_beta(2, 1)
SCHEMES = {
    "z": everywhere(Z),
    "epsilon": everywhere(slow.epsilon(0.01, bias=True)),
    "alpha1-beta0": everywhere(PLUS),
    "alpha2-beta1": everywhere(BOTH),
    "zplus": everywhere(PLUS, dense=slow.epsilon(TINY, bias=False)),
    "flat": everywhere(slow.flat, average=slow.flat),
    "w2": everywhere(slow.w2, average=slow.w2),
    "preset-a-flat": flat_first(slow.alpha_beta_of_innvestigate(1, 0), slow.epsilon(0.1, bias=True), Z, fold=False),
    "preset-b-flat": flat_first(slow.alpha_beta_of_innvestigate(2, 1), slow.epsilon(0.1, bias=True), Z, fold=False),
    "kohlbrenner": flat_first(PLUS, slow.epsilon(1e-6, bias=False), PLUS),
    "kohlbrenner-alpha2": flat_first(BOTH, slow.epsilon(1e-6, bias=False), BOTH),
}
FIRST = {"flat": slow.flat, "w2": slow.w2, "zb": slow.zb(-1.0, 1.0)}
CONSERVING = ("alpha2-beta1", "flat", "w2")
"""Rules that lose nothing: no ε, no bias, and a share for every input."""


@pytest.fixture(scope="module", params=slow.NETWORKS)
def made(request: pytest.FixtureRequest) -> tuple[str, nn.Module, slow.SlowLrp]:
    network = slow.tiny(request.param)
    return request.param, network, slow.SlowLrp(network)


def test_the_rules_tried_here_are_all_there_are() -> None:
    assert set(SCHEMES) == set(RULES)
    assert set(FIRST) == set(FIRST_LAYER)


@pytest.mark.parametrize("rule", SCHEMES)
def test_agrees_with_the_matrix_reference(rule: str, made: tuple[str, nn.Module, slow.SlowLrp]) -> None:
    name, network, reference = made
    picture = slow.picture(name)
    expected, logit = reference.explain(picture, 1, SCHEMES[rule])
    found = attribute(network, torch.from_numpy(picture)[None], [1], rule)
    assert found.logit[0] == pytest.approx(logit, rel=1e-10)
    summed = expected.sum(axis=0)
    scale = np.abs(summed).max()
    assert scale > 0
    np.testing.assert_allclose(found.relevance[0], summed, rtol=1e-5, atol=1e-6 * scale)


def test_no_two_rules_give_the_same_map(made: tuple[str, nn.Module, slow.SlowLrp]) -> None:
    """So that agreeing with the reference of one rule cannot be had by computing another."""
    name, network, _ = made
    x = torch.from_numpy(slow.picture(name))[None]
    maps = {rule: attribute(network, x, [1], rule).relevance[0] for rule in RULES}
    for one, other in itertools.combinations(maps, 2):
        gap = np.abs(maps[one] - maps[other]).max() / np.abs(maps[one]).max()
        assert gap > 1e-4, f"{one} and {other}"


@pytest.mark.parametrize("rule", ["epsilon", "preset-b-flat"])
def test_renormalised_layers_agree_with_the_matrix_reference(
    rule: str, made: tuple[str, nn.Module, slow.SlowLrp]
) -> None:
    name, network, reference = made
    picture = slow.picture(name, 2)
    expected = reference.explain(picture, 1, replace(SCHEMES[rule], renormalise=True))[0].sum(axis=0)
    found = attribute(network, torch.from_numpy(picture)[None], [1], rule, renormalise=True)
    np.testing.assert_allclose(found.relevance[0], expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("first", FIRST)
def test_first_layer_rules_agree_with_the_matrix_reference(
    first: str, made: tuple[str, nn.Module, slow.SlowLrp]
) -> None:
    name, network, reference = made
    picture = slow.picture(name, 1)
    scheme = everywhere(PLUS, dense=slow.epsilon(TINY, bias=False), first=FIRST[first])
    expected = reference.explain(picture, 0, scheme)[0].sum(axis=0)
    found = attribute(network, torch.from_numpy(picture)[None], [0], "zplus", first=first, low=-1.0, high=1.0)
    np.testing.assert_allclose(found.relevance[0], expected, rtol=1e-5, atol=1e-6 * np.abs(expected).max())
    plain = attribute(network, torch.from_numpy(picture)[None], [0], "zplus")
    assert not np.allclose(found.relevance, plain.relevance, rtol=1e-2), "another first layer, another map"
    np.testing.assert_allclose(found.relevance.sum(), plain.relevance.sum(), rtol=0.05)


@pytest.mark.parametrize("rule", CONSERVING)
def test_rules_without_epsilon_and_bias_conserve(rule: str, made: tuple[str, nn.Module, slow.SlowLrp]) -> None:
    name, network, _ = made
    x = torch.from_numpy(np.stack([slow.picture(name, seed) for seed in range(3)]))
    found = attribute(network, x, [0, 1, 0], rule)
    assert found.relevance.shape == (3, *x.shape[2:])
    assert (found.conservation_error < 1e-5).all()
    np.testing.assert_allclose(found.kept, 1.0, atol=1e-5)


@pytest.mark.parametrize("rule", ["z", "epsilon", "preset-a-flat", "preset-b-flat"])
def test_biases_and_epsilon_keep_a_share_and_renormalisation_gives_it_back(
    rule: str, made: tuple[str, nn.Module, slow.SlowLrp]
) -> None:
    name, network, _ = made
    x = torch.from_numpy(slow.picture(name))[None]
    plain = attribute(network, x, [1], rule)
    restored = attribute(network, x, [1], rule, renormalise=True)
    assert plain.conservation_error[0] > 0.01
    assert restored.conservation_error[0] < 1e-9
    assert not np.allclose(plain.relevance, restored.relevance)


@pytest.mark.parametrize("rule", ["kohlbrenner", "kohlbrenner-alpha2", "zplus"])
def test_a_network_of_some_width_conserves_but_for_epsilon(rule: str) -> None:
    """In a handful of channels some units are active by their bias alone and z⁺ has nowhere to give their share."""
    from models.networks import paper_resnet18, vgg16

    torch.manual_seed(1)
    x = torch.rand(2, 3, 64, 64)
    for network in (paper_resnet18.build(width=16).eval(), vgg16.build(outputs=2, input_px=64, width=0.125).eval()):
        assert (attribute(network, x, [0, 1], rule).conservation_error < 0.01).all()


def test_z_without_biases_is_gradient_times_input_and_conserves() -> None:
    network = slow.tiny("vgg16")
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.zeros_(module.bias)
    x = torch.from_numpy(slow.picture("vgg16"))[None].requires_grad_()
    (gradient,) = torch.autograd.grad(network(x)[0, 2], x)
    found = attribute(network, x, [2], "z")
    expected = (gradient * x).detach().sum(1)[0].numpy()
    np.testing.assert_allclose(found.relevance[0], expected, rtol=1e-4, atol=1e-6 * np.abs(expected).max())
    assert found.conservation_error[0] < 1e-4


def test_epsilon_can_be_chosen_and_takes_more_the_greater_it_is() -> None:
    network, x = slow.tiny("vgg16"), torch.from_numpy(slow.picture("vgg16"))[None]
    kept = [abs(attribute(network, x, [0], "epsilon", epsilon=epsilon).relevance.sum()) for epsilon in (1e-4, 1.0, 9.0)]
    assert kept[0] > kept[1] > kept[2]


@pytest.mark.parametrize("rule", RULES)
def test_many_pictures_at_once_equal_each_alone(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.lrp.named_rules.PIXELS", 2 * 16 * 16)
    network = slow.tiny("small_cnn")
    x = torch.from_numpy(np.stack([slow.picture("small_cnn", seed) for seed in range(5)]))
    targets = np.array([0, 1, 2, 1, 0])
    together = attribute(network, x, targets, rule, renormalise=True)
    for row in range(5):
        alone = attribute(network, x[row : row + 1], targets[row : row + 1], rule, renormalise=True)
        np.testing.assert_allclose(together.relevance[row], alone.relevance[0], rtol=1e-7, atol=1e-12)


def frozen(network: nn.Module) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in network.state_dict().items()}


@pytest.mark.parametrize("renormalise", [False, True])
@pytest.mark.parametrize("rule", RULES)
def test_network_is_bit_identical_after_use(
    rule: str, renormalise: bool, made: tuple[str, nn.Module, slow.SlowLrp]
) -> None:
    name, network, _ = made
    before, x = frozen(network), torch.from_numpy(slow.picture(name))[None]
    learning = [parameter.requires_grad for parameter in network.parameters()]
    output = network(x).detach()
    attribute(network, x, [0], rule, renormalise=renormalise)
    assert frozen(network) == before
    assert torch.equal(network(x), output)
    assert learning == [parameter.requires_grad for parameter in network.parameters()]
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in network.modules())
    assert all(m.eps > 0 for m in network.modules() if isinstance(m, nn.BatchNorm2d))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("where", ["forward", "backward"])
def test_network_is_bit_identical_after_an_error(
    where: str, rule: str, made: tuple[str, nn.Module, slow.SlowLrp], monkeypatch: pytest.MonkeyPatch
) -> None:
    name, network, _ = made
    before, x = frozen(network), torch.from_numpy(slow.picture(name))[None]
    output = network(x).detach()

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("on purpose")

    with monkeypatch.context() as patch:
        if where == "backward":
            patch.setattr("torch.autograd.grad", breaks)
        else:
            patch.setattr(
                "models.lrp.named_rules.raw_outputs", lambda net, batch: breaks() if batch.requires_grad else net(batch)
            )
        with pytest.raises(RuntimeError, match="on purpose"):
            attribute(network, x, [0], rule)
    assert frozen(network) == before
    assert torch.equal(network(x), output)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in network.modules())


class TwoHeads(nn.Module):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x.sum((2, 3)), x.mean((2, 3))


def test_refuses_what_it_cannot_explain() -> None:
    network, x = slow.tiny("small_cnn"), torch.rand(2, 3, 16, 16, dtype=torch.float64)
    with pytest.raises(SpecMismatch, match="no LRP rule 'gamma', only z, epsilon"):
        attribute(network, x, [0, 0], "gamma")
    with pytest.raises(SpecMismatch, match="no rule 'box' for the first layer, only flat, w2, zb"):
        attribute(network, x, [0, 0], first="box")
    with pytest.raises(SpecMismatch, match="zplus: it has no ε"):
        attribute(network, x, [0, 0], "zplus", epsilon=0.1)
    with pytest.raises(SpecMismatch, match="ε must be > 0, got 0"):
        attribute(network, x, [0, 0], "epsilon", epsilon=0.0)
    with pytest.raises(SpecMismatch, match="got 1 to 1"):
        attribute(network, x, [0, 0], first="zb", low=1.0)
    with pytest.raises(SpecMismatch, match="1 targets need as many pictures"):
        attribute(network, x, [0])
    with pytest.raises(SpecMismatch, match="targets go from 0 to 3, the network has 3 outputs"):
        attribute(network, x, [0, 3])
    with pytest.raises(SpecMismatch, match="TwoHeads must give raw outputs"):
        attribute(TwoHeads().eval(), x, [0, 0])
    with pytest.raises(SpecMismatch, match="eval mode"):
        attribute(network.train(), x, [0, 0])
