"""Randomised copies: another network for every seed, the trained one untouched, alive to the last layer."""

from __future__ import annotations

import numpy as np
import torch
from tiny_bundle import tiny_network
from torch import Tensor

from models.evaluation.null_networks import null_networks
from models.networks import paper_resnet18, vgg16


def crops() -> Tensor:
    return torch.from_numpy(np.random.default_rng(2).normal(size=(6, 1, 64, 64)).astype(np.float32))


def test_every_seed_another_network_and_the_trained_one_stays() -> None:
    trained = tiny_network()
    before = {name: value.clone() for name, value in trained.state_dict().items()}
    torch.manual_seed(4)
    expected = torch.rand(1)
    torch.manual_seed(4)
    first, second = null_networks(trained, crops(), 2)
    assert torch.equal(torch.rand(1), expected), "the caller's generator goes on as if nothing had been drawn"
    assert not torch.equal(first.stem[0].weight, second.stem[0].weight)  # type: ignore[index, union-attr]
    assert not torch.equal(first.stem[0].weight, trained.stem[0].weight)  # type: ignore[index, union-attr]
    assert all(torch.equal(trained.state_dict()[name], value) for name, value in before.items())
    (again,) = null_networks(trained, crops(), 1)
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True))


def test_statistics_fit_the_crops_so_that_activations_stay_alive() -> None:
    x = crops()
    (blank,) = null_networks(tiny_network(), x, 1)
    assert not blank.training
    with torch.no_grad():
        last = blank.blocks(blank.stem(x))  # type: ignore[operator]
    assert 0.1 < float(last.std()) < 10
    normed = [m for m in blank.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    seen: list[Tensor] = []
    normed[3].register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    with torch.no_grad():
        blank(x)
    assert float(seen[0].mean().abs()) < 0.05
    assert abs(float(seen[0].std()) - 1) < 0.1
    assert all(norm.momentum == 0.1 for norm in normed)


def test_outputs_face_upwards_on_the_crops() -> None:
    x = crops()
    for blank in null_networks(tiny_network(), x, 3):
        with torch.no_grad():
            assert all(bool((output.mean(dim=0) > -1e-6).all()) for output in blank(x))


def test_networks_with_one_output_layer_have_nulls_too() -> None:
    x = torch.from_numpy(np.random.default_rng(3).normal(size=(4, 3, 64, 64)).astype(np.float32))
    for trained in (paper_resnet18.build(width=4), vgg16.build(outputs=3, input_px=64, width=1 / 16, dense=())):
        before = {name: value.clone() for name, value in trained.state_dict().items()}
        first, second = null_networks(trained.eval(), x, 2)
        with torch.no_grad():
            outputs, others = first(x), second(x)
        assert outputs.shape == trained(x).shape
        assert bool((outputs.mean(dim=0) > -1e-6).all())
        assert not torch.allclose(outputs, others)
        assert 0.01 < float(first.features(x).std()) < 10, "alive to the last layer"
        assert all(torch.equal(trained.state_dict()[name], value) for name, value in before.items())


def test_layers_without_batch_norm_are_scaled_to_what_they_see() -> None:
    x = torch.from_numpy(np.random.default_rng(3).normal(size=(4, 3, 32, 32)).astype(np.float32))
    (blank,) = null_networks(vgg16.build(outputs=3, input_px=32, width=1 / 8, dense=()).eval(), x, 1)
    spread: list[float] = []
    for module in blank.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda _m, _i, output: spread.append(float(output.std())))
    with torch.no_grad():
        blank(x)
    assert len(spread) == 13
    np.testing.assert_allclose(spread, 1.0, rtol=1e-3)
