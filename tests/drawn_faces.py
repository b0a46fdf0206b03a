"""Drawn faces for the stages of the shipped network: a bright bar for a mouth is a smile."""

from __future__ import annotations

import numpy as np
import torch

from models.networks.region_resnet18 import RegionResNet18
from models.recipes import face112
from models.recipes.face112_data import FaceSet
from models.spec import AUS, face_heads

SIZE = 112
SMILE = AUS.index("AU12")


def smiles(count: int, *, real: bool) -> FaceSet:
    """Every second crop carries a bright bar where the mouth is: AU12 at 4."""
    rng = np.random.default_rng(count)
    crops = rng.integers(90, 130, (count, SIZE, SIZE)).astype(np.uint8)
    smiling = np.arange(count) % 2 == 0
    crops[smiling, 76:92, 36:76] = 230
    au = np.zeros((count, len(AUS)), np.float32)
    au[smiling, SMILE] = 4.0
    return FaceSet(
        crops=crops,
        valid=np.ones(crops.shape, bool),
        emotion=np.full((count, 8), 0.125, np.float32),
        emotion_weight=np.full(count, float(real), np.float32),
        au=au,
        au_weight=np.ones_like(au),
        majority=smiling.astype(np.int64) if real else np.full(count, -1),
        split=np.zeros(count, np.int64),
    )


def regions() -> np.ndarray:
    """Every unit's region is the middle of the crop."""
    found = np.zeros((len(AUS) + 1, SIZE, SIZE), np.float32)
    found[:, 20:100, 20:92] = 1.0
    return found


def network(*, units: bool = True, width: int = 8) -> RegionResNet18:
    """A narrow network with the same weights every time."""
    torch.manual_seed(5)
    made = RegionResNet18(width=width, channels=1, size=SIZE, heads=face_heads(), units=units)
    face112.set_regions(made, regions())
    return made


def quiet(*_: object) -> None:
    """Neither reports nor shows progress."""
    return None
