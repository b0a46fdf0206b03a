"""BatchNorm folds away without a trace, and stored integers come back as the weights they stand for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from tiny_bundle import tiny_network, tiny_spec  # noqa: E402

from models.dequantise import dequantised  # noqa: E402
from models.errors import SpecMismatch  # noqa: E402
from models.folding import folded  # noqa: E402
from models.weights import NETWORKS  # noqa: E402

HERE = Path("weights.safetensors")


@pytest.mark.parametrize("architecture", sorted(NETWORKS))
def test_folded_network_computes_the_same(architecture: str) -> None:
    torch.manual_seed(1)
    network = NETWORKS[architecture](replace(tiny_spec(), architecture=architecture))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.3, 0.3)
            torch.nn.init.uniform_(module.running_mean, -0.3, 0.3)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    network.eval()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    x = torch.randn(2, 1, 112, 112)
    with torch.no_grad():
        for one, other in zip(network(x), folded(network)(x), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded(network).modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_structure_alone_on_the_meta_device() -> None:
    with torch.device("meta"):
        empty = folded(NETWORKS["reduced_resnet18"](tiny_spec()))
    real = folded(tiny_network()).state_dict()
    assert {name: tensor.shape for name, tensor in empty.state_dict().items()} == {
        name: tensor.shape for name, tensor in real.items()
    }


def test_integers_times_their_scale() -> None:
    state = {
        "a.weight_quantized": torch.tensor([[[[2]]], [[[-3]]]], dtype=torch.int8),
        "a.weight_scale": torch.tensor([0.5, 2.0]),
        "a.weight_zero_point": torch.tensor([0, 1], dtype=torch.int8),
        "a.bias_quantized": torch.tensor([100_000_001, -7], dtype=torch.int32),
        "a.bias_quantized_scale": torch.tensor([1e-3, 0.25]),
        "a.bias_quantized_zero_point": torch.tensor([0, 0], dtype=torch.int32),
        "heads.au.weight": torch.tensor([[0.5]], dtype=torch.float16),
    }
    found = dequantised(state, HERE)
    assert found["a.weight"].flatten().tolist() == [1.0, -8.0]
    assert found["a.bias"].tolist() == pytest.approx([100_000.001, -1.75])
    assert found["heads.au.weight"].item() == 0.5
    assert set(found) == {"a.weight", "a.bias", "heads.au.weight"}
    assert {tensor.dtype for tensor in found.values()} == {torch.float32}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a_scale": None}, "a_quantized has no scale and zero point"),
        ({"a_scale": torch.ones(3), "a_zero_point": torch.zeros(3)}, r"a_quantized is \(2, 4\), its scale \(3,\)"),
    ],
)
def test_integers_without_a_fitting_scale_are_refused(change: dict, message: str) -> None:
    state = {"a_quantized": torch.ones(2, 4, dtype=torch.int8), "a_scale": torch.ones(2), "a_zero_point": torch.ones(2)}
    given = {name: tensor for name, tensor in (state | change).items() if tensor is not None}
    with pytest.raises(SpecMismatch, match=f"weights.safetensors: {message}"):
        dequantised(given, HERE)
