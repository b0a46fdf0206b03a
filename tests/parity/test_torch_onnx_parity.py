"""What the classifier runs is what the sidecar explains."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch")

from exporters.parity import certify, compare, cpu_session, require  # noqa: E402
from exporters.photograph import photograph_crops  # noqa: E402
from models.bundle import GRAPH, WEIGHTS, open_bundle  # noqa: E402
from models.errors import ParityFailed  # noqa: E402
from models.preprocess import to_input  # noqa: E402
from models.weights import load_network  # noqa: E402


@pytest.mark.parametrize("batch", [1, 3, 16])
def test_same_outputs(tiny_bundle: Path, batch: int) -> None:
    inputs = to_input(photograph_crops(112, batch))
    with torch.no_grad():
        expected = load_network(open_bundle(tiny_bundle))(torch.from_numpy(inputs))
    got = cpu_session(tiny_bundle / GRAPH).run(None, {"crop": inputs})
    for torch_head, onnx_head in zip(expected, got, strict=True):
        assert np.abs(torch_head.numpy() - onnx_head).max() < 1e-5
        assert onnx_head.std() > 0


def test_tampered_weights_fail(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = open_bundle(tiny_bundle)
    network = load_network(bundle)
    copy = Path(shutil.copytree(tiny_bundle, tmp_path / "copy"))
    graph = onnx.load(copy / GRAPH, load_external_data=False)
    bias = next(tensor for tensor in graph.graph.initializer if tensor.name == "heads.au.bias")
    at = int(next(entry.value for entry in bias.external_data if entry.key == "offset"))
    data = bytearray((copy / WEIGHTS).read_bytes())
    shifted = np.frombuffer(bytes(data[at : at + 4]), "<f4") + np.float32(0.01)
    data[at : at + 4] = shifted.astype("<f4").tobytes()
    (copy / WEIGHTS).write_bytes(data)
    with pytest.raises(ParityFailed, match=r"head au, random crops, batch 1: relative error .* no bundle was written"):
        certify(network, bundle.spec, copy / GRAPH, photograph_crops(112, 2))


def test_different_label_fails_within_tolerance() -> None:
    expected = np.array([[1.0, 1.00001], [2.0, 0.0]], dtype=np.float32)
    require(compare(expected, expected), "here")
    with pytest.raises(ParityFailed, match="here: torch and ONNX Runtime name different labels"):
        require(compare(expected, np.array([[1.00001, 1.0], [2.0, 0.0]], dtype=np.float32)), "here")


def test_relative_error_is_over_the_largest_output() -> None:
    expected = np.array([[4.0, 0.001], [-8.0, 1.0]], dtype=np.float32)
    error = compare(expected, expected + np.float32(0.5))
    assert error == {"max_absolute": 0.5, "max_relative": 0.0625, "same_argmax": True}


def test_nan_never_passes(tiny_bundle: Path) -> None:
    bundle = open_bundle(tiny_bundle)
    network = load_network(bundle)
    network.get_parameter("heads.emotion.bias").data[0] = float("nan")
    with pytest.raises(ParityFailed, match="relative error nan"):
        certify(network, bundle.spec, bundle.graph, photograph_crops(112, 1))
