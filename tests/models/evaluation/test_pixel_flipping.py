"""Pixel flipping hides whole pixels in the order of relevance, at any size, and leaves the network alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.errors import SpecMismatch
from models.evaluation.pixel_flipping import pixel_flipping


class Sums(nn.Module):
    """Output 0 is the sum over all, output 1 over the first channel: what hiding a pixel costs is its value."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([x.sum((1, 2, 3)), x[:, 0].sum((1, 2))], dim=1)


def pictures(side: int = 5) -> Tensor:
    return torch.from_numpy(np.random.default_rng(0).uniform(0.1, 1, size=(3, 3, side, side)).astype(np.float32))


def test_the_curve_loses_the_pixels_in_the_order_of_their_relevance() -> None:
    x = pictures()
    relevance = x.sum(1).numpy()
    found = pixel_flipping(Sums().eval(), x, [0, 0, 0], relevance, steps=25)
    assert found.scores.shape == (3, 26)
    left = np.sort(relevance.reshape(3, -1), axis=1)[:, ::-1]
    expected = np.column_stack([left.sum(1), left.sum(1, keepdims=True) - left.cumsum(1)])
    np.testing.assert_allclose(found.scores, expected, rtol=1e-5, atol=1e-4)


def test_a_better_order_falls_sooner() -> None:
    x = pictures(8)
    truth, rng = x[:, 0].numpy(), np.random.default_rng(1)
    network = Sums().eval()
    right, none, wrong = (
        pixel_flipping(network, x, [1, 1, 1], order, steps=8).area
        for order in (truth, rng.normal(size=truth.shape), -truth)
    )
    assert (right > none).all()
    assert (none > wrong).all()


@pytest.mark.parametrize(("side", "steps"), [(7, 4), (5, 25), (6, 1)])
def test_any_number_of_steps_ends_with_everything_hidden(side: int, steps: int) -> None:
    """227² has no divisor but 227: steps need not divide the pixels."""
    x = pictures(side)
    found = pixel_flipping(Sums().eval(), x, [0, 1, 0], x.mean(1).numpy(), steps=steps, baseline=0.5)
    assert found.scores.shape == (3, steps + 1)
    np.testing.assert_allclose(found.scores[:, -1], [1.5 * side**2, 0.5 * side**2, 1.5 * side**2], rtol=1e-5)


def test_equal_relevance_still_hides_each_pixel_once() -> None:
    x = torch.ones(1, 3, 4, 4)
    found = pixel_flipping(Sums().eval(), x, [0], np.zeros((1, 4, 4)), steps=4)
    np.testing.assert_allclose(found.scores[0], [48, 36, 24, 12, 0])


def test_probabilities_on_request_and_a_step_without_effect_is_no_warning() -> None:
    x = torch.zeros(2, 3, 4, 4)
    found = pixel_flipping(Sums().eval(), x, [0, 1], np.ones((2, 4, 4)), steps=2, softmax=True)
    np.testing.assert_allclose(found.scores, 0.5)
    np.testing.assert_allclose(found.area, 0.0)


def test_pictures_beyond_one_batch_equal_each_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    x = pictures()
    relevance = x[:, 1].numpy()
    whole = pixel_flipping(Sums().eval(), x, [0, 1, 0], relevance, steps=5)
    monkeypatch.setattr("models.evaluation.pixel_flipping.BATCH", 2)
    np.testing.assert_allclose(pixel_flipping(Sums().eval(), x, [0, 1, 0], relevance, steps=5).scores, whole.scores)


def test_refuses_what_it_cannot_order() -> None:
    x = pictures()
    with pytest.raises(SpecMismatch, match="want finite relevance"):
        pixel_flipping(Sums().eval(), x, [0, 0, 0], np.ones((3, 4, 4)))
    with pytest.raises(SpecMismatch, match="want finite relevance"):
        pixel_flipping(Sums().eval(), x, [0, 0, 0], np.full((3, 5, 5), np.nan))
    with pytest.raises(SpecMismatch, match="25 pixels cannot be hidden in 26 steps"):
        pixel_flipping(Sums().eval(), x, [0, 0, 0], np.ones((3, 5, 5)), steps=26)
