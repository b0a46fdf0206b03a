"""Batches: RGB and standardised, every row once an epoch, the same epoch for the same number, changes within bounds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.training.face_batches import Augmentation, FaceBatches, Standard, as_input, augmented


@pytest.fixture
def pixels(rng):
    return rng.integers(0, 256, (10, 16, 16, 3), dtype=np.uint8)


def test_input_is_rgb_in_0_to_1_and_standardised(pixels):
    plain = as_input(pixels, Standard())
    np.testing.assert_allclose(plain[:, 0], pixels[..., 2] / 255.0, rtol=1e-6)
    standard = Standard((0.5, 0.4, 0.3), (0.2, 0.3, 0.4))
    x = as_input(pixels, standard)
    np.testing.assert_allclose(x[:, 2], (pixels[..., 0] / 255.0 - 0.3) / 0.4, rtol=1e-4, atol=1e-6)
    assert standard.range() == pytest.approx((-2.5, 2.5))


def test_an_epoch_has_every_row_once_and_is_the_same_again(pixels):
    batches = FaceBatches(
        pixels,
        np.arange(2, 9),
        np.arange(2, 9),
        Standard(),
        size=3,
        seed=4,
        augmentation=Augmentation(degrees=25, flip=True),
    )
    first, again, other = (list(batches(epoch)) for epoch in (0, 0, 1))
    assert sorted(torch.cat([y for _, y in first]).tolist()) == list(range(2, 9))
    assert all(torch.equal(x, z) for (x, _), (z, _) in zip(first, again, strict=True))
    assert [y.tolist() for _, y in first] != [y.tolist() for _, y in other]
    whole = torch.cat([x for x, _ in batches.in_order()])
    assert torch.equal(whole, as_input(pixels[2:9], Standard()))


def test_flip_mirrors_about_half(rng):
    x = torch.zeros(200, 3, 8, 8)
    x[..., :4] = 1.0
    flipped = augmented(x, Augmentation(flip=True), rng)[:, 0, 0, 7]
    assert 70 < int(flipped.sum()) < 130
    assert set(flipped.tolist()) == {0.0, 1.0}


def test_no_change_asked_for_is_no_change(rng, pixels):
    x = as_input(pixels, Standard())
    assert torch.equal(augmented(x, Augmentation(), rng), x)


@pytest.mark.parametrize(("change", "most"), [({"shift": 0.1}, 3.3), ({"zoom": 0.1}, 1.2), ({"degrees": 25.0}, 4.7)])
def test_changes_move_a_point_but_not_beyond_their_bound(rng, change, most):
    x = torch.zeros(64, 3, 32, 32)
    x[:, :, 21:23, 21:23] = 1.0  # 5.5 px from the middle along each axis
    changed = augmented(x, Augmentation(**change), rng)[:, 0]
    weight = changed.sum(dim=(1, 2))
    at = torch.stack([(changed.sum(dim=axis) * torch.arange(32)).sum(dim=1) / weight for axis in (1, 2)])
    moved = (at - 21.5).abs()
    assert float(moved.max()) <= most
    assert float(moved.max()) > 0.5 * most
