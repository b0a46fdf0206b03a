"""Training loop: augmentation is seeded and says what it hides; a resumed run equals an uninterrupted one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.evaluation.ferplus_figures import calibration_error, wilson
from models.recipes import face112
from models.recipes.face112_calibration import fit_temperature, intensity_gains, scale_intensities
from models.recipes.face112_data import FaceSet
from models.spec import AUS
from models.training.augment import Augmenter

SIZE = 112


def drawn_set(count: int, *, warped: bool) -> FaceSet:
    """Half of the crops carry a bright mouth bar: class happiness, AU12 at 4."""
    rng = np.random.default_rng(count)
    crops = rng.integers(90, 130, (count, SIZE, SIZE)).astype(np.uint8)
    smiling = np.arange(count) % 2 == 0
    crops[smiling, 76:92, 36:76] = 230
    emotion = np.zeros((count, 8), np.float32)
    emotion[np.arange(count), smiling.astype(int)] = 1.0
    au = np.zeros((count, len(AUS)), np.float32)
    au[smiling, AUS.index("AU12")] = 4.0
    return FaceSet(
        crops=crops,
        valid=np.ones(crops.shape, bool),
        emotion=emotion,
        emotion_weight=np.full(count, 0.0 if warped else 1.0, np.float32),
        au=au,
        au_weight=np.ones_like(au),
        majority=np.full(count, -1) if warped else smiling.astype(np.int64),
        split=(np.arange(count) >= count * 3 // 4).astype(np.int64) if not warped else np.zeros(count, np.int64),
    )


def test_augmentation_is_seeded_and_bounded() -> None:
    data = drawn_set(12, warped=False)
    first, second, other = (Augmenter(SIZE, seed)(data.crops, data.valid) for seed in (3, 3, 4))
    assert np.array_equal(first.crops, second.crops)
    assert not np.array_equal(first.crops, other.crops)
    assert first.crops.shape == data.crops.shape
    assert (first.visible >= 0).all()
    assert (first.visible <= 1.0 + 1e-6).all()


def test_without_occluders_everything_is_visible_and_with_them_not() -> None:
    data = drawn_set(64, warped=False)
    clear = Augmenter(SIZE, 1, occlusion=0.0)(data.crops, data.valid)
    hidden = Augmenter(SIZE, 1, occlusion=1.0)(data.crops, data.valid)
    assert clear.visible.min() == 1.0
    assert clear.au_seen.min() == 1.0
    assert 0.05 < (hidden.visible < 0.5).float().mean() < 0.9
    fully = (hidden.visible < 0.3).all(dim=1)
    assert (hidden.au_seen[fully] == 0).all()


def test_absent_unit_below_zero_costs_nothing_but_above_does() -> None:
    target, weight = torch.zeros(1, len(AUS)), torch.ones(1, len(AUS))
    below, _ = face112.au_loss(torch.full((1, len(AUS)), -2.0), target, weight, 0.5)
    above, _ = face112.au_loss(torch.full((1, len(AUS)), 2.0), target, weight, 0.5)
    assert below.item() == 0.0
    assert above.item() > 1.0


def test_resumed_training_equals_uninterrupted_and_learns(tmp_path: Path) -> None:
    plan = face112.Plan(
        width=8,
        epochs=3,
        stop_after=3,
        sizes=((64, 1), (112, 2)),
        faces_per_batch=12,
        warps_per_batch=4,
        learning_rate=0.05,
        averaging=0.5,
        evidence_weight=0.3,
        evidence_every=1,
        threads=1,
    )
    regions = np.zeros((len(AUS) + 1, SIZE, SIZE), np.float32)
    regions[:, 20:100, 20:92] = 1.0
    fer, warps = drawn_set(32, warped=False), drawn_set(8, warped=True)
    reports: list[dict[str, float]] = []

    def quiet(*_: object) -> None:
        return None

    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    expected = face112.train(fer, warps, plan, whole, reports.append, quiet, regions=regions)

    class StopError(Exception):
        pass

    def stop(figures: dict[str, float]) -> None:
        if figures["epoch"] == 1:
            raise StopError

    with pytest.raises(StopError):
        face112.train(fer, warps, plan, parts, stop, quiet, regions=regions)
    resumed = face112.train(fer, warps, plan, parts, lambda _: None, quiet, regions=regions)
    for name, tensor in expected.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name
    assert reports[-1]["loss"] < reports[0]["loss"]
    assert (whole / "curves.csv").read_text().count("\n") == 4
    with pytest.raises(ValueError, match="another plan"):
        face112.train(fer, warps, replace(plan, epochs=4), parts, reports.append, quiet, regions=regions)


def test_wilson_interval_and_calibration_error_on_known_cases() -> None:
    low, high = wilson(50, 100)
    assert (low, high) == (pytest.approx(0.404, abs=2e-3), pytest.approx(0.596, abs=2e-3))
    sure = np.full(100, 0.99, np.float32)
    assert calibration_error(sure, np.ones(100, bool)) == pytest.approx(0.01, abs=1e-4)
    assert calibration_error(sure, np.arange(100) < 50) == pytest.approx(0.49, abs=1e-3)


def test_temperature_cools_an_overconfident_network(rng: np.random.Generator) -> None:
    truth = rng.integers(0, 3, 4000)
    logits = np.zeros((4000, 3), np.float32)
    logits[np.arange(4000), np.where(rng.random(4000) < 0.7, truth, rng.integers(0, 3, 4000))] = 8.0
    assert fit_temperature(logits, truth) > 2.0


def test_gains_undo_shrinkage_and_are_built_into_the_head(rng: np.random.Generator) -> None:
    target = rng.uniform(0, 5, (500, len(AUS))).astype(np.float32)
    shrunk = target * 0.5
    shrunk[:, 1] = target[:, 1] * 0.01
    gains = intensity_gains(shrunk, target, np.ones_like(target))
    assert gains[0] == pytest.approx(2.0, rel=1e-3)
    assert gains[1] == 3.0
    assert gains[AUS.index("AU43")] == 1.0
    network = face112.build(face112.spec_of(face112.Plan(width=8), "t"))
    inputs = torch.randn(2, 1, SIZE, SIZE)
    network.eval()
    before = network(inputs)[1].detach().clone()
    scale_intensities(network, gains)
    assert torch.allclose(network(inputs)[1], before * torch.tensor(gains), atol=1e-5)


def test_a_mirrored_face_keeps_its_right_eye_on_the_left_of_the_picture() -> None:
    data = drawn_set(48, warped=False)
    augment = Augmenter(SIZE, 6, occlusion=1.0)
    half = torch.zeros(SIZE, SIZE)
    half[:, : SIZE // 2] = 1.0
    augment.bank = half.expand(4, -1, -1)
    visible = augment(data.crops, data.valid).visible
    assert visible[:, 0].max() < 0.4
    assert visible[:, 1].min() > 0.6
