"""The comparison methods: each does what its paper says, all are called alike, none leaves a trace."""

from __future__ import annotations

import sys

import lrp_network_reference as slow
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.comparison.methods import METHODS, attribute
from models.comparison.superpixels import superpixels
from models.errors import PartMissing, SpecMismatch


class Corner(nn.Module):
    """Output 0 is the sum of the upper left quarter, output 1 the sum of the lower right: what LIME must find."""

    cam_layer = "relu"

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        half = x.shape[2] // 2
        y = self.relu(x)
        return torch.stack([y[:, :, :half, :half].sum((1, 2, 3)), y[:, :, half:, half:].sum((1, 2, 3))], dim=1)


@pytest.mark.parametrize("name", slow.NETWORKS)
def test_every_method_explains_every_architecture_and_leaves_it_as_it_was(name: str) -> None:
    network = slow.tiny(name)
    x = torch.from_numpy(np.stack([slow.picture(name, seed) for seed in (0, 1)]))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    torch.manual_seed(8)
    expected = torch.rand(1)
    torch.manual_seed(8)
    for method in METHODS:
        found = attribute(network, x, [0, 1], method, samples=16)
        assert found.shape == (2, *x.shape[2:])
        assert np.isfinite(found).all()
    assert torch.equal(torch.rand(1), expected), "the caller's generator goes on as if nothing had been drawn"
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in network.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in network.modules())


def test_gradient_is_the_derivative_of_the_logit() -> None:
    network, x = slow.tiny("vgg16"), torch.from_numpy(slow.picture("vgg16"))[None]
    given = x.clone().requires_grad_()
    (expected,) = torch.autograd.grad(network(given)[0, 2], given)
    np.testing.assert_allclose(attribute(network, x, [2], "gradient")[0], expected.sum(1)[0].numpy(), rtol=1e-9)


def by_hand(network: nn.Sequential, x: Tensor, *, guided: bool) -> Tensor:
    """Backward through Linear, ReLU, Linear: the ReLU passes positive gradients (of active units alone if guided)."""
    first, _, last = network
    gradient = last.weight[:1].clamp(min=0)
    if guided:
        gradient = gradient * (first(x) > 0)
    return gradient @ first.weight


def test_guided_backprop_and_deconvnet_differ_in_units_that_are_off() -> None:
    torch.manual_seed(1)
    dense = nn.Sequential(nn.Linear(16, 60), nn.ReLU(), nn.Linear(60, 2))
    network = nn.Sequential(nn.Flatten(), dense).eval()
    x = torch.randn(1, 1, 4, 4)
    maps = {
        method: attribute(network, x, [0], method)[0].ravel() for method in ("gradient", "guided_backprop", "deconvnet")
    }
    flat = x.flatten(1)
    np.testing.assert_allclose(maps["guided_backprop"], by_hand(dense, flat, guided=True)[0].detach(), rtol=1e-5)
    np.testing.assert_allclose(maps["deconvnet"], by_hand(dense, flat, guided=False)[0].detach(), rtol=1e-5)
    assert not np.allclose(maps["deconvnet"], maps["guided_backprop"])
    assert not np.allclose(maps["gradient"], maps["guided_backprop"])


def test_grad_cam_weighs_the_last_map_and_keeps_its_positive_part() -> None:
    network, x = slow.tiny("paper_resnet18"), torch.from_numpy(slow.picture("paper_resnet18"))[None]
    kept: list[Tensor] = []
    handle = network.get_submodule(network.cam_layer).register_forward_hook(lambda _m, _i, out: kept.append(out))
    logit = network(x.clone().requires_grad_())[0, 3]
    handle.remove()
    (gradient,) = torch.autograd.grad(logit, kept[0])
    coarse = (gradient.mean((2, 3), keepdim=True) * kept[0]).sum(1, keepdim=True).relu()
    expected = nn.functional.interpolate(coarse, size=x.shape[2:], mode="bilinear", align_corners=False)
    found = attribute(network, x, [3], "grad_cam")
    np.testing.assert_allclose(found[0], expected[0, 0].detach().numpy(), rtol=1e-6, atol=1e-9)
    assert found.min() >= 0


def test_guided_grad_cam_is_the_product() -> None:
    network, x = slow.tiny("paper_resnet18"), torch.from_numpy(slow.picture("paper_resnet18"))[None]
    cam = attribute(network, x, [0], "grad_cam")
    assert cam.max() > 0
    expected = cam * attribute(network, x, [0], "guided_backprop")
    found = attribute(network, x, [0], "guided_grad_cam")
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7 * np.abs(expected).max())


def test_lime_finds_the_part_that_decides_and_repeats_itself() -> None:
    torch.manual_seed(0)
    x = torch.rand(2, 3, 28, 28)
    found = attribute(Corner().eval(), x, [0, 1], "lime", samples=120)
    positive = found.clip(min=0)
    assert positive[0, :14, :14].sum() > 0.8 * positive[0].sum() > 0
    assert positive[1, 14:, 14:].sum() > 0.8 * positive[1].sum() > 0
    np.testing.assert_array_equal(found, attribute(Corner().eval(), x, [0, 1], "lime", samples=120))
    assert not np.array_equal(found, attribute(Corner().eval(), x, [0, 1], "lime", samples=120, seed=1))


def test_superpixels_follow_colour_and_cut_a_plain_picture_into_a_grid() -> None:
    picture = np.zeros((3, 32, 32))
    picture[:, :, 16:] = 1.0
    cells = superpixels(picture, 16)
    assert set(cells[:, :15].ravel()).isdisjoint(cells[:, 17:].ravel())
    assert sorted(set(cells.ravel())) == list(range(cells.max() + 1))
    plain = superpixels(np.full((3, 30, 30), 0.5), 9)
    assert sorted(set(plain.ravel())) == list(range(plain.max() + 1))
    assert 6 <= plain.max() + 1 <= 12


def test_an_error_leaves_the_network_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    network, x = slow.tiny("small_cnn"), torch.from_numpy(slow.picture("small_cnn"))[None]

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("on purpose")

    with monkeypatch.context() as patch:
        patch.setattr("torch.autograd.grad", breaks)
        for method in ("gradient", "guided_backprop", "deconvnet", "grad_cam", "guided_grad_cam"):
            with pytest.raises(RuntimeError, match="on purpose"):
                attribute(network, x, [0], method)
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in network.modules())


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    network, x = slow.tiny("small_cnn"), torch.rand(1, 3, 16, 16, dtype=torch.float64)
    monkeypatch.setitem(sys.modules, "skimage.segmentation", None)
    with pytest.raises(PartMissing, match=r"scikit-image; install vigil\[research\]"):
        attribute(network, x, [0], "lime")
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(PartMissing, match=r"captum; install vigil\[research\]"):
        attribute(network, x, [0], "gradient")


def test_refuses_what_it_cannot_do() -> None:
    network, x = slow.tiny("small_cnn"), torch.rand(1, 3, 16, 16, dtype=torch.float64)
    with pytest.raises(SpecMismatch, match="no explanation method 'shap', only gradient"):
        attribute(network, x, [0], "shap")
    with pytest.raises(SpecMismatch, match="names no cam_layer"):
        attribute(nn.Sequential(nn.Flatten(), nn.Linear(16, 2)).eval(), torch.rand(1, 1, 4, 4), [0], "grad_cam")
    with pytest.raises(SpecMismatch, match="eval mode"):
        attribute(network.train(), x, [0], "gradient")
