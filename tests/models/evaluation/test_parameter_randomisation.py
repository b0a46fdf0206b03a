"""Randomised weights change an explanation that follows the network, and not one that only follows the picture."""

from __future__ import annotations

import lrp_network_reference as slow
import numpy as np
import torch
from torch import Tensor, nn

from models.evaluation.parameter_randomisation import parameter_randomisation
from models.lrp.named_rules import attribute


def by_lrp(network: nn.Module, x: Tensor, target: Tensor) -> np.ndarray:
    return attribute(network, x, target, "zplus").relevance


def by_edges(network: nn.Module, x: Tensor, target: Tensor) -> np.ndarray:
    return np.abs(np.diff(x.mean(1).numpy(), axis=2, append=0))


def inputs() -> tuple[nn.Module, Tensor]:
    return slow.tiny("small_cnn"), torch.from_numpy(np.stack([slow.picture("small_cnn", seed) for seed in range(3)]))


def test_layers_come_from_the_top_and_the_maps_change() -> None:
    network, x = inputs()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    found = parameter_randomisation(network, x, [0, 1, 2], by_lrp)
    assert torch.equal(torch.rand(1), expected), "the caller's generator goes on as if nothing had been drawn"
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert list(found)[:2] == ["logits", "dense"]
    assert list(found)[-1] == "blocks.1.conv"
    assert all(values.shape == (3,) for values in found.values())
    assert np.nanmean(found["blocks.1.conv"]) < 0.5
    again = parameter_randomisation(network, x, [0, 1, 2], by_lrp, only_last=True)
    assert list(again) == ["blocks.1.conv"]
    np.testing.assert_allclose(again["blocks.1.conv"], found["blocks.1.conv"])


def test_an_edge_detector_is_found_out() -> None:
    network, x = inputs()
    found = parameter_randomisation(network, x, [0, 1, 2], by_edges)
    np.testing.assert_allclose(np.stack(list(found.values())), 1.0)


def test_a_constant_map_has_no_correlation() -> None:
    network, x = inputs()

    def one_is_constant(*_: object) -> np.ndarray:
        return np.stack([np.full((16, 16), 1.0), slow.picture("small_cnn")[0], np.zeros((16, 16))])

    found = parameter_randomisation(network, x, [0, 1, 2], one_is_constant, only_last=True)
    np.testing.assert_allclose(found["blocks.1.conv"], [np.nan, 1.0, np.nan])
    found = parameter_randomisation(network, x, [0, 1, 2], lambda *_: np.ones((3, 16, 16)), only_last=True)
    assert np.isnan(found["blocks.1.conv"]).all()
