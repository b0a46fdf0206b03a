"""The network with regions: the maps outside an AU's region cannot move it; regions are not learned."""

from __future__ import annotations

import numpy as np
import torch

from models.networks.reduced_resnet18 import reset_parameters
from models.networks.region_resnet18 import RegionHead, RegionResNet18
from models.recipes import face112
from models.spec import AUS, VISIBILITY, face_heads


def small() -> RegionResNet18:
    return RegionResNet18(width=4, channels=1, size=112, heads=face_heads()).eval()


def test_a_head_is_the_mean_of_its_map_over_the_region_plus_bias() -> None:
    torch.manual_seed(3)
    head = RegionHead(5, 2, 7)
    regions = torch.zeros(2, 7, 7)
    regions[0, 1, 2] = regions[0, 1, 3] = 1.0
    regions[1, 6, 6] = 0.3
    head.mean.set_regions(regions)
    torch.nn.init.constant_(head.mean.bias, 0.25)
    features = torch.rand(1, 5, 7, 7)
    maps = head.maps(features)[0]
    expected = [(maps[0, 1, 2] + maps[0, 1, 3]) / 2 + 0.25, maps[1, 6, 6] + 0.25]
    assert torch.allclose(head(features)[0], torch.stack(expected), atol=1e-6)


def test_features_outside_the_region_change_nothing() -> None:
    head = RegionHead(3, 1, 7)
    regions = torch.zeros(1, 7, 7)
    regions[0, :2] = 1.0
    head.mean.set_regions(regions)
    features = torch.rand(1, 3, 7, 7)
    elsewhere = features.clone()
    elsewhere[:, :, 2:] += 5.0
    assert torch.equal(head(features), head(elsewhere))


def test_outputs_in_the_order_of_the_heads_for_full_and_for_small_crops() -> None:
    network = small()
    for size in (64, 112):
        shapes = [tuple(out.shape) for out in network(torch.zeros(2, 1, size, size))]
        assert shapes == [(2, 8), (2, len(AUS)), (2, len(VISIBILITY))]


def test_regions_are_anatomy_not_learned() -> None:
    network = small()
    regions = np.zeros((len(AUS) + 1, 112, 112), np.float32)
    regions[:, :56] = 1.0
    face112.set_regions(network, regions)
    kept = network.heads["au"].mean.weight.clone()
    assert not network.heads["au"].mean.weight.requires_grad
    reset_parameters(network, 5)
    assert torch.equal(kept, network.heads["au"].mean.weight)
    assert kept[:, 0, 5:].sum() == 0
    assert torch.allclose(kept.flatten(1).sum(dim=1), torch.ones(len(AUS)))
