"""Evidence penalties on a toy network that looks at one corner: high there, and their gradient moves it away."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.networks.reduced_resnet18 import ReducedResNet18, reset_parameters
from models.spec import AUS, HeadSpec, face_heads
from models.training.evidence import activation_outside, draw_units, frozen_statistics, gradient_outside

SIDE, GRID = 32, 8
CORNER = torch.zeros(GRID, GRID, dtype=torch.bool)
CORNER[:4, :4] = True


class Looker(nn.Module):
    """One unit per column: a weighted sum of a batch-normalised picture's squares."""

    def __init__(self, units: int = 2) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(1)
        self.weights = nn.Parameter(torch.full((units, SIDE, SIDE), 0.05))

    def forward(self, x: Tensor) -> Tensor:
        shown = self.norm(x)[:, 0]
        return torch.einsum("nhw,uhw->nu", shown + 0.1 * shown**2, self.weights)


def pictures(count: int = 6) -> Tensor:
    drawn = torch.from_numpy(np.random.default_rng(3).normal(size=(count, 1, SIDE, SIDE)).astype(np.float32))
    return drawn.contiguous(memory_format=torch.channels_last).requires_grad_()


def masks(region: Tensor, count: int = 6, units: int = 2) -> Tensor:
    return region.expand(count, units, GRID, GRID)


def everywhere(count: int = 6) -> Tensor:
    return torch.ones(count, GRID, GRID, dtype=torch.bool)


def looking_at_the_corner() -> Looker:
    network = Looker().eval()
    with torch.no_grad():
        network.weights[:, : SIDE // 2, : SIDE // 2] = 1.0
    return network


def penalty(network: nn.Module, region: Tensor, hull: Tensor | None = None) -> Tensor:
    x = pictures()
    units = torch.zeros(6, dtype=torch.long)
    return gradient_outside(network(x), x, units, masks(region), everywhere() if hull is None else hull)


def test_high_where_the_network_looks_elsewhere_and_low_where_it_looks_right() -> None:
    network = looking_at_the_corner()
    assert penalty(network, CORNER).item() < 0.25
    assert penalty(network, CORNER.flip(0, 1)).item() > 0.9


def test_what_lies_beside_the_face_counts_twice() -> None:
    away = CORNER.flip(0, 1)
    hull = away.expand(6, GRID, GRID)
    network = looking_at_the_corner()
    assert penalty(network, away, hull).item() == pytest.approx(2 * penalty(network, away).item(), rel=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_its_gradient_moves_weight_into_the_region(training: bool) -> None:
    network = looking_at_the_corner().train(training)
    away = CORNER.flip(0, 1)
    inside = (slice(0, 1), slice(SIDE // 2, None), slice(SIDE // 2, None))
    before, held = penalty(network, away).item(), network.weights[inside].abs().sum().item()
    other = network.weights[1].detach().clone()
    optimiser = torch.optim.SGD([network.weights], lr=30.0)
    for _ in range(40):
        optimiser.zero_grad()
        penalty(network, away).backward()
        optimiser.step()
    assert penalty(network, away).item() < 0.7 * before
    assert network.weights[inside].abs().sum().item() > 1.5 * held
    assert torch.equal(network.weights[1], other), "a unit that was not explained moves nothing"


def test_small_gradients_are_no_way_out() -> None:
    network = looking_at_the_corner()
    before = penalty(network, CORNER.flip(0, 1)).item()
    with torch.no_grad():
        network.weights *= 1e-3
    assert penalty(network, CORNER.flip(0, 1)).item() == pytest.approx(before, rel=1e-4)


def test_crops_without_a_unit_or_a_region_do_not_count() -> None:
    network, x = looking_at_the_corner(), pictures()
    none = torch.full((6,), -1)
    assert gradient_outside(network(x), x, none, masks(CORNER), everywhere()).item() == 0.0
    empty = masks(torch.zeros_like(CORNER))
    assert gradient_outside(network(x), x, torch.zeros(6, dtype=torch.long), empty, everywhere()).item() == 0.0
    some = torch.tensor([0, -1, -1, -1, -1, -1])
    found = gradient_outside(network(x), x, some, masks(CORNER.flip(0, 1)), everywhere())
    assert found.item() == pytest.approx(penalty(network, CORNER.flip(0, 1)).item(), abs=0.06)


def test_draws_only_present_units_and_all_of_them() -> None:
    present = torch.tensor([[False, True, True], [False, False, False], [True, False, False]])
    generator = torch.Generator().manual_seed(1)
    drawn = torch.stack([draw_units(present, generator) for _ in range(40)])
    assert set(drawn[:, 0].tolist()) == {1, 2}
    assert set(drawn[:, 1].tolist()) == {-1}
    assert set(drawn[:, 2].tolist()) == {0}


def test_frozen_statistics_stay_and_training_goes_on_afterwards() -> None:
    network = looking_at_the_corner().train()
    before = network.norm.running_mean.clone()  # type: ignore[union-attr]
    with frozen_statistics(network):
        assert not network.norm.training
        network(pictures() + 5)
    assert network.norm.training
    assert torch.equal(network.norm.running_mean, before)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="broken"), frozen_statistics(network):
        raise ValueError("broken")
    assert network.norm.training, "after an error too"


def by_input(network: ReducedResNet18, x: Tensor, units: Tensor, regions: Tensor, hull: Tensor) -> Tensor:
    x.requires_grad_()
    return gradient_outside(network(x)[0], x, units, regions, hull)


def by_features(network: ReducedResNet18, x: Tensor, units: Tensor, regions: Tensor, hull: Tensor) -> Tensor:
    features = network.blocks[:2](network.stem(x))
    trunk = network.blocks[2:](features).mean(dim=(2, 3))
    return activation_outside(network.heads["au"](trunk), features, units, regions, hull)


@pytest.mark.parametrize("penalised", [by_input, by_features])
@pytest.mark.parametrize("training", [True, False])
def test_a_face_network_learns_to_look_at_the_lower_face(penalised: Callable[..., Tensor], training: bool) -> None:
    head: HeadSpec = next(head for head in face_heads() if head.name == "au")
    network = ReducedResNet18(width=8, channels=1, heads=[head])
    reset_parameters(network, 5)
    network = network.to(memory_format=torch.channels_last).train(training)  # type: ignore[call-overload]
    x = torch.from_numpy(np.random.default_rng(1).normal(size=(8, 1, 56, 56)).astype(np.float32))
    x = x.contiguous(memory_format=torch.channels_last)
    below = torch.zeros(28, 28, dtype=torch.bool)
    below[14:, :] = True
    units = torch.full((8,), AUS.index("AU25"))
    regions, hull = below.expand(8, len(AUS), 28, 28), torch.ones(8, 28, 28, dtype=torch.bool)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    course = []
    for _ in range(12):
        optimiser.zero_grad()
        found = penalised(network, x.detach().clone(), units, regions, hull)
        found.backward()
        course.append(found.item())
        assert all(p.grad is None or torch.isfinite(p.grad).all() for p in network.parameters())
        optimiser.step()
    assert 0.3 < course[0] < 1.0
    assert course[-1] < 0.9 * course[0]
