"""Augmentation that leaves a part of every batch as it is, but for a mirror: what a network sees when it is used.

A network that fits even its training faces too little is held back by faces dimmed, blurred and covered; it needs some
of them so, to be steady, but not all.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.preprocess import CROP_PX
from models.spec import AUS, VISIBILITY
from models.training.augment import Augmented, Augmenter


class MildAugmenter(Augmenter):
    """``Augmenter`` for whole crops that changes ``1 − plain_share`` of them; ValueError unless 0 ≤ share < 1."""

    def __init__(
        self,
        seed: int,
        *,
        plain_share: float,
        occlusion: float = 0.35,
        glasses: float = 0.0,
        units: NDArray[np.float32] | None = None,
    ) -> None:
        if not 0.0 <= plain_share < 1.0:
            raise ValueError(f"a share of plain faces lies in [0, 1), got {plain_share}")
        super().__init__(CROP_PX, seed, occlusion=occlusion, glasses=glasses, units=units)
        self.plain_share = plain_share

    def __call__(self, crops: NDArray[np.uint8], valid: NDArray[np.bool_]) -> Augmented:
        """(N, 112, 112) crops and their validity → the same in their order; plain ones lie evenly among the others."""
        plain = plain_rows(len(crops), self.plain_share)
        changed = super().__call__(crops[~plain], valid[~plain])
        mirrored = self._coin(0.5, int(plain.sum()))
        shown = crops.copy()
        shown[~plain] = changed.crops
        shown[plain] = np.where(mirrored.numpy()[:, None, None], crops[plain][..., ::-1], crops[plain])
        cells = torch.where(mirrored[:, None, None, None], self.units.flip(-1), self.units) > 0.3
        where = torch.from_numpy(plain)
        return Augmented(
            shown,
            _both(where, torch.ones(len(mirrored), len(VISIBILITY)), changed.visible),
            _both(where, torch.ones(len(mirrored), len(AUS)), changed.au_seen),
            _both(where, torch.ones(len(mirrored)), changed.face_seen),
            _both(where, cells[:, :-1], changed.units),
            _both(where, cells[:, -1], changed.hull),
        )


def plain_rows(count: int, share: float) -> NDArray[np.bool_]:
    """(count,) which rows stay as they are, spread evenly."""
    steps = np.floor(np.arange(count + 1) * share + 1e-9)
    return np.asarray(steps[1:] > steps[:-1])


def _both(plain: Tensor, kept: Tensor, changed: Tensor) -> Tensor:
    joined = torch.empty(len(plain), *changed.shape[1:], dtype=changed.dtype)
    joined[plain], joined[~plain] = kept, changed
    return joined
