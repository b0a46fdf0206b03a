"""Drawn glasses: seeded, at the eyes, and only dark lenses hide."""

from __future__ import annotations

import torch

from models.preprocess import TEMPLATE
from models.training.spectacles import draw_spectacles

SIZE = 112


def test_the_same_seed_draws_the_same_glasses() -> None:
    first, second, other = (draw_spectacles(4, SIZE, seed) for seed in (3, 3, 4))
    assert torch.equal(first.frame, second.frame)
    assert not torch.equal(first.frame, other.frame)


def test_frames_go_round_the_eyes_and_leave_the_mouth_alone() -> None:
    bank = draw_spectacles(24, SIZE, 1)
    assert (bank.frame.amax(dim=(1, 2)) > 0.4).all()
    assert bank.frame[:, 75:].max() == 0.0
    for x, y in TEMPLATE[:2]:
        column, row = round(x * SIZE), round(y * SIZE)
        assert (bank.lens[:, row, column] > 0.0).float().mean() > 0.6


def test_only_dark_lenses_hide_and_nothing_changes_without_glasses() -> None:
    bank = draw_spectacles(64, SIZE, 2)
    faces = torch.full((64, SIZE, SIZE), 128.0)
    seen, hidden = bank.worn(faces, torch.arange(64), torch.ones(64, dtype=torch.bool))
    dark = bank.lens.amax(dim=(1, 2)) > 0.5
    assert 4 < int(dark.sum()) < 30
    assert hidden[~dark].max() == 0.0
    assert (hidden[dark].amax(dim=(1, 2)) > 0.5).all()
    assert not torch.equal(seen, faces)
    untouched, nothing = bank.worn(faces, torch.arange(64), torch.zeros(64, dtype=torch.bool))
    assert torch.equal(untouched, faces)
    assert nothing.max() == 0.0
