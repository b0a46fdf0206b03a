"""Every rule and composite against the slow matrix reference, in float64; conservation; the network left as it was."""

from __future__ import annotations

import lrp_reference as reference
import numpy as np
import pytest
import torch
from torch import nn

from models.errors import SpecMismatch
from models.lrp import composites
from models.lrp.explain import Target, crop_relevances, relevance, relevances, target_of
from models.networks.reduced_resnet18 import Add, build, reset_parameters
from models.spec import AUS, ModelSpec, face_heads

SIDE = 16
EXACT = ("alpha2-beta1", "zplus")
RULES = {
    "z": dict.fromkeys(("first", "convolution", "dense", "add"), ("epsilon", 1e-9, True)),
    "epsilon": dict.fromkeys(("first", "convolution", "dense", "add"), ("epsilon", 0.01, True)),
    "alpha2-beta1": dict.fromkeys(("first", "convolution", "dense", "add"), ("alpha-beta", 2.0, 1.0)),
    "zplus": {
        **dict.fromkeys(("first", "convolution", "add"), ("alpha-beta", 1.0, 0.0)),
        "dense": ("epsilon", 1e-9, False),
    },
    "preset-a": {
        "first": ("flat",),
        **dict.fromkeys(("convolution", "add"), ("alpha-beta", 1.0, 0.0)),
        "dense": ("epsilon", 0.1, False),
    },
    "preset-b": {
        "first": ("flat",),
        **dict.fromkeys(("convolution", "add"), ("alpha-beta", 2.0, 1.0)),
        "dense": ("epsilon", 0.1, False),
    },
}


def spec(width: int = 3) -> ModelSpec:
    return ModelSpec(
        model_id="lrp-test",
        architecture="reduced_resnet18",
        width=width,
        input_px=SIDE,
        input_channels=1,
        normalisation="none",
        crop="none",
        heads=face_heads(),
    )


@pytest.fixture
def network() -> nn.Module:
    """Small, in float64, with BatchNorm statistics and biases that folding cannot ignore."""
    made = build(spec())
    reset_parameters(made, 7)
    torch.manual_seed(8)
    for module in made.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.2, 0.4)
            nn.init.uniform_(module.running_mean, -0.3, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return made.double().eval().requires_grad_(False)


@pytest.fixture
def picture(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(size=(1, SIDE, SIDE))


def state(network: nn.Module) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in network.state_dict().items()}


class OneLayer(nn.Module):
    """A layer under test and a head that only flattens: what arrives at the layer is the seed alone."""

    def __init__(self, layer: nn.Module, outputs: int) -> None:
        super().__init__()
        self.layer = layer
        self.outputs = outputs

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


def through(layer: nn.Module, x: np.ndarray, seed: np.ndarray, composite: str) -> np.ndarray:
    """Relevance that the composite's rule for this layer gives to its input."""
    module = OneLayer(layer, len(seed))
    made = composites.build(composite)
    inputs = torch.from_numpy(x)[None].requires_grad_()
    with made.context(module) as hooked:
        output = hooked(inputs)
        (gradient,) = torch.autograd.grad(output, inputs, torch.from_numpy(seed).reshape(output.shape))
    return gradient[0].numpy()


def by_reference(kind: str, composite: str, matrix: np.ndarray, bias: np.ndarray, x: np.ndarray, seed: np.ndarray):
    rules = reference.Reference(None, RULES[composite])
    return rules._apply(kind, matrix, bias, x.reshape(-1), seed)


@pytest.mark.parametrize("composite", composites.NAMES)
def test_dense_layer_agrees_with_the_matrix_reference(composite: str, rng: np.random.Generator) -> None:
    layer = nn.Linear(11, 5).double()
    x, seed = rng.normal(size=11), rng.normal(size=5)
    expected = by_reference("dense", composite, layer.weight.detach().numpy(), layer.bias.detach().numpy(), x, seed)
    np.testing.assert_allclose(through(layer, x, seed, composite), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("composite", composites.NAMES)
def test_first_convolution_agrees_with_the_matrix_reference(
    composite: str, stride: int, rng: np.random.Generator
) -> None:
    layer = nn.Conv2d(2, 3, 3, stride, 1).double()
    x = rng.normal(size=(2, 6, 6))
    matrix = reference.convolution_matrix(layer, layer.weight.detach().numpy(), x.shape)
    bias = np.repeat(layer.bias.detach().numpy(), len(matrix) // 3)
    seed = rng.normal(size=len(matrix))
    expected = by_reference("first", composite, matrix, bias, x, seed).reshape(x.shape)
    np.testing.assert_allclose(through(layer, x, seed, composite), expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(("alpha", "beta"), [(None, 0.0), (1.0, 0.0), (2.0, 1.0)])
def test_addition_is_a_linear_layer_with_weights_one(alpha, beta, rng: np.random.Generator) -> None:
    from models.lrp.rules import AddRule

    left, right = (torch.from_numpy(rng.normal(size=(1, 9))).requires_grad_() for _ in range(2))
    seed = rng.normal(size=9)
    add = Add()
    rule = AddRule(alpha, beta)
    handles = rule.register(add)
    gradients = torch.autograd.grad(add(left, right), (left, right), torch.from_numpy(seed)[None])
    handles.remove()
    x = np.concatenate([left.detach().numpy()[0], right.detach().numpy()[0]])
    both = np.hstack([np.eye(9), np.eye(9)])
    expected = (
        reference.epsilon_rule(both, np.zeros(9), x, seed, 1e-9)
        if alpha is None
        else reference.alpha_beta_rule(both, x, seed, alpha, beta)
    )
    np.testing.assert_allclose(np.concatenate([g[0].numpy() for g in gradients]), expected, rtol=1e-8)


@pytest.mark.parametrize("composite", composites.NAMES)
def test_whole_network_agrees_with_the_matrix_reference(
    composite: str, network: nn.Module, picture: np.ndarray
) -> None:
    slow = reference.Reference(network, RULES[composite])
    for head, label in (("au", 2), ("emotion", 5)):
        expected, logit = slow(picture, head, label)
        found, seeded = relevance(network, torch.from_numpy(picture)[None], head, label, composite)
        assert seeded == pytest.approx(logit, rel=1e-12)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found, expected[0], rtol=1e-5, atol=1e-6 * scale)
        assert scale > 0


@pytest.mark.parametrize(("composite", "leak"), [("alpha2-beta1", 1e-6), ("zplus", 0.02)])
def test_rules_without_epsilon_conserve_the_logit(
    composite: str, leak: float, network: nn.Module, picture: np.ndarray
) -> None:
    """z⁺ loses what sits on outputs that only their bias makes active; in three channels there are a few."""
    x = torch.from_numpy(picture)[None]
    for found in relevances(network, x, [Target("au", label) for label in range(8)], composite):
        assert found.conservation_error < leak


@pytest.mark.parametrize("composite", EXACT)
def test_network_of_real_width_has_no_leak(composite: str, rng: np.random.Generator) -> None:
    wide = build(spec(32)).eval().requires_grad_(False)
    reset_parameters(wide, 3)
    x = torch.from_numpy(rng.normal(size=(1, 1, SIDE, SIDE)).astype(np.float32))
    for found in relevances(wide, x, [Target("au", label) for label in range(8)], composite):
        assert found.conservation_error < 1e-4


@pytest.mark.parametrize("composite", ["preset-a", "preset-b"])
def test_presets_lose_what_their_dense_epsilon_keeps(composite: str, network: nn.Module, picture: np.ndarray) -> None:
    x = torch.from_numpy(picture)[None]
    trunk = network.flatten(network.pool(network.blocks(network.stem(x))))
    (found,) = relevances(network, x, [Target("au", 0)], composite)
    z = float(trunk[0] @ network.heads["au"].weight[0])
    assert found.conservation_error == pytest.approx(0.1 / (abs(z) + 0.1), rel=0.02)


def test_z_rule_equals_gradient_times_input(network: nn.Module, picture: np.ndarray) -> None:
    """Known identity for ReLU networks whose denominators hold the biases (Shrikumar et al., Ancona et al.)."""
    x = torch.from_numpy(picture)[None].requires_grad_()
    (gradient,) = torch.autograd.grad(network(x)[1][0, 3], x)
    found, _ = relevance(network, x, "au", 3, "z")
    np.testing.assert_allclose(found, (gradient * x)[0, 0].detach().numpy(), rtol=1e-4, atol=1e-8)


def test_many_targets_at_once_equal_each_alone(network: nn.Module, picture: np.ndarray) -> None:
    x = torch.from_numpy(picture)[None]
    targets = [Target("au", 1), Target("emotion", 0), Target("au", 7)]
    together = relevances(network, x, targets, "zplus")
    for target, found in zip(targets, together, strict=True):
        alone, logit = relevance(network, x, target.head, target.label, "zplus")
        np.testing.assert_allclose(found.relevance, alone, rtol=1e-9, atol=1e-15)
        assert found.logit == pytest.approx(logit, rel=1e-12)
    assert not np.allclose(together[0].relevance, together[1].relevance)


def test_many_crops_at_once_equal_each_alone(network: nn.Module, rng: np.random.Generator) -> None:
    x = torch.from_numpy(rng.normal(size=(3, 1, SIDE, SIDE)))
    targets = [Target("au", 1), Target("emotion", 0), Target("au", 3)]
    for row, found in enumerate(crop_relevances(network, x, targets, "zplus")):
        alone, logit = relevance(network, x[row : row + 1], targets[row].head, targets[row].label, "zplus")
        np.testing.assert_allclose(found.relevance, alone, rtol=1e-9, atol=1e-15)
        assert found.logit == pytest.approx(logit, rel=1e-12)
    with pytest.raises(SpecMismatch, match="2 targets need as many crops"):
        crop_relevances(network, x, targets[:2])


@pytest.mark.parametrize("layer", [nn.Conv1d(2, 2, 3), nn.Conv2d(2, 2, 3, padding="same")])
def test_rules_refuse_layers_they_do_not_know(layer: nn.Module) -> None:
    x = torch.rand(1, 2, 5) if isinstance(layer, nn.Conv1d) else torch.rand(1, 2, 5, 5)
    with (
        composites.build("zplus").context(layer.requires_grad_(False)) as hooked,
        pytest.raises(SpecMismatch, match="the α, β rules"),
    ):
        hooked(x.requires_grad_()).sum().backward()


@pytest.mark.parametrize("composite", composites.NAMES)
def test_network_is_bit_identical_after_use(composite: str, network: nn.Module, picture: np.ndarray) -> None:
    before, x = state(network), torch.from_numpy(picture)[None]
    outputs = [output.clone() for output in network(x)]
    relevance(network, x, "au", 0, composite)
    assert state(network) == before
    assert all(torch.equal(a, b) for a, b in zip(network(x), outputs, strict=True))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert all(module.eps > 0 for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    assert all(module.bias is None for module in network.modules() if isinstance(module, nn.Conv2d))


@pytest.mark.parametrize("where", ["forward", "registering"])
def test_network_is_bit_identical_after_an_error(
    where: str, network: nn.Module, picture: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, x = state(network), torch.from_numpy(picture)[None]

    def breaks(*_: object) -> None:
        raise RuntimeError("on purpose")

    with monkeypatch.context() as patch:
        if where == "forward":
            patch.setattr(type(network.blocks[3].add), "forward", breaks)
        else:
            patch.setattr("models.lrp.rules.AddRule.copy", breaks)
        with pytest.raises(RuntimeError, match="on purpose"):
            relevance(network, x, "au", 0, "zplus")
    assert state(network) == before
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_refuses_what_it_cannot_explain(network: nn.Module, picture: np.ndarray) -> None:
    x = torch.from_numpy(picture)[None]
    with pytest.raises(SpecMismatch, match="no LRP composite 'gamma'"):
        relevance(network, x, "au", 0, "gamma")
    with pytest.raises(SpecMismatch, match="no head 'pain'"):
        relevance(network, x, "pain", 0)
    with pytest.raises(SpecMismatch, match="one crop"):
        relevance(network, torch.cat([x, x]), "au", 0)
    with pytest.raises(SpecMismatch, match="eval mode"):
        relevance(network.train(), x, "au", 0)


def test_targets_by_name() -> None:
    assert target_of(spec(), "AU43") == Target("au", AUS.index("AU43"))
    assert target_of(spec(), "emotion:happiness") == Target("emotion", 1)
    with pytest.raises(SpecMismatch, match="no target 'AU14'"):
        target_of(spec(), "AU14")
    with pytest.raises(SpecMismatch, match="no head 'mood'"):
        target_of(spec(), "mood:good")
