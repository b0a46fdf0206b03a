"""The torch network of a bundle is the exported one, or it is refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from tiny_bundle import tiny_network, tiny_spec  # noqa: E402

from models.bundle import WEIGHTS, open_bundle  # noqa: E402
from models.errors import BundleCorrupt, SpecMismatch  # noqa: E402
from models.weights import load_network, network_from  # noqa: E402


def test_same_weights_as_exported(tiny_bundle: Path) -> None:
    network = load_network(open_bundle(tiny_bundle))
    expected = tiny_network().state_dict()
    assert not network.training
    assert set(network.state_dict()) == set(expected)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in network.state_dict().items())
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_weights_changed_after_opening_are_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle = open_bundle(Path(shutil.copytree(tiny_bundle, tmp_path / "bundle")))
    data = bytearray(bundle.weights.read_bytes())
    data[-1] ^= 1
    bundle.weights.write_bytes(data)
    with pytest.raises(BundleCorrupt, match="changed since the bundle was opened"):
        load_network(bundle)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 16}, r"stem\.0\.weight is \(8, 1, 7, 7\), the specification wants \(16, 1, 7, 7\)"),
        ({"architecture": "vgg13"}, "unknown architecture 'vgg13', known are reduced_resnet18"),
        ({"heads": tiny_spec().heads[:2]}, r"heads\.visibility\.(weight|bias) has no place"),
    ],
)
def test_specification_that_does_not_fit(tiny_bundle: Path, change: dict[str, object], message: str) -> None:
    data = (tiny_bundle / WEIGHTS).read_bytes()
    with pytest.raises(SpecMismatch, match=message):
        network_from(replace(tiny_spec(), **change), data, tiny_bundle / WEIGHTS)


def test_head_without_weights(tiny_bundle: Path) -> None:
    spec = replace(tiny_spec(), heads=(*tiny_spec().heads, replace(tiny_spec().heads[0], name="pain")))
    with pytest.raises(SpecMismatch, match=r"has no heads\.pain\.weight"):
        network_from(spec, (tiny_bundle / WEIGHTS).read_bytes(), tiny_bundle / WEIGHTS)


def test_truncated_weights(tiny_bundle: Path) -> None:
    with pytest.raises(BundleCorrupt, match=r"weights\.safetensors: cannot be read as safetensors"):
        network_from(tiny_spec(), (tiny_bundle / WEIGHTS).read_bytes()[:5000], tiny_bundle / WEIGHTS)
