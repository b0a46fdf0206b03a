"""A part of every batch stays as it is, or mirrored with everything that is said of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.preprocess import CROP_PX
from models.spec import AUS
from models.training.augment import Augmenter
from models.training.mild_augment import MildAugmenter, plain_rows

HALF = np.zeros((len(AUS) + 1, CROP_PX, CROP_PX), np.float32)
HALF[:, :, : CROP_PX // 2] = 1.0
"""Every region is the left half of the crop."""


def crops(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(60, 200, (count, CROP_PX, CROP_PX)).astype(np.uint8)


def test_plain_faces_are_the_ones_given_or_their_mirror_images() -> None:
    given = crops(40)
    shown = MildAugmenter(3, plain_share=0.5, occlusion=1.0, units=HALF)(given, np.ones(given.shape, bool))
    plain = plain_rows(40, 0.5)
    assert plain.sum() == 20
    as_is = (shown.crops == given).all(axis=(1, 2))
    mirrored = (shown.crops == given[..., ::-1]).all(axis=(1, 2))
    assert np.array_equal(as_is | mirrored, plain)
    assert as_is.any()
    assert mirrored.any()
    assert (shown.visible[torch.from_numpy(plain)] == 1).all()
    assert (shown.au_seen[torch.from_numpy(plain)] == 1).all()
    assert shown.visible[torch.from_numpy(~plain)].min() < 1
    left = shown.hull[..., :14].float().mean(dim=(1, 2)).numpy()
    assert (left[as_is] == 1).all()
    assert (left[mirrored] == 0).all()
    assert torch.equal(shown.units[:, 0], shown.hull)


def test_the_others_are_changed_as_ever_and_by_the_seed_alone() -> None:
    given, inside = crops(12), np.ones((12, CROP_PX, CROP_PX), bool)
    first, second, other = (MildAugmenter(seed, plain_share=0.25)(given, inside).crops for seed in (5, 5, 6))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)
    ever = Augmenter(CROP_PX, 5)(given, inside)
    none_plain = MildAugmenter(5, plain_share=0.0)(given, inside)
    assert np.array_equal(none_plain.crops, ever.crops)
    assert torch.equal(none_plain.visible, ever.visible)


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_without_changed_faces_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\)"):
        MildAugmenter(1, plain_share=share)
