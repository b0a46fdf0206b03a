"""Emotion figures of a bundle from a file in the FER+ layout, with and without detected faces."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.bundle import default_bundle, open_bundle
from models.datasets import ferplus
from models.errors import BundleCorrupt, DataMissing, SpecMismatch
from models.evaluation import ferplus_figures as module
from models.evaluation.ferplus_figures import calibration_error, emotion_scores, ferplus_figures


def write(path: Path, usage: list[int] | None, label: int = 0) -> Path:
    count = 4 if usage is None else len(usage)
    votes = np.zeros((count, 10), np.uint8)
    votes[:, label] = 8
    images = np.full((count, 48, 48), 120, np.uint8)
    np.savez(path, images=images, votes=votes, **{} if usage is None else {"usage": np.array(usage)})
    return path


def sure_of(monkeypatch: pytest.MonkeyPatch, *labels: int) -> None:
    """The network says ``labels``, one a row, with 0.9 each."""
    scores = np.full((len(labels), 8), 0.1 / 7, np.float32)
    scores[np.arange(len(labels)), labels] = 0.9
    monkeypatch.setattr(module, "emotion_scores", lambda bundle, crops: scores)


def test_only_rows_outside_training_count_and_undetected_faces_get_the_fixed_crop(
    tmp_path: Path, landmarker: Path
) -> None:
    file = write(tmp_path / "f.npz", [0, 1, 2, 1])
    figures = ferplus_figures(default_bundle(), file, landmarker)
    assert (figures["n"], figures["detected"]) == (3, 0)
    blind = ferplus_figures(default_bundle(), file, None)
    assert (figures.pop("landmarker"), blind.pop("landmarker")) == (landmarker.name, None)
    assert figures == blind


def test_shares_are_counted_per_class_with_intervals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sure_of(monkeypatch, 1, 1, 1, 0)
    figures = ferplus_figures(default_bundle(), write(tmp_path / "f.npz", None, label=1), None)
    assert (figures["accuracy_majority"], figures["n"]) == (0.75, 4)
    assert figures["accuracy_interval_95"] == pytest.approx([0.3006, 0.9544])
    assert figures["calibration_error"] == pytest.approx(0.15)
    low, high = figures["calibration_error_interval_95"]
    assert low <= 0.15 <= high
    assert figures["recall"]["happiness"] == 0.75
    assert figures["recall"]["contempt"] is None
    assert figures["recall_n"] == dict.fromkeys(figures["recall"], 0) | {"happiness": 4}
    assert figures["recall_interval_95"]["happiness"] == figures["accuracy_interval_95"]


def test_rows_without_majority_are_counted_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with np.load(write(tmp_path / "f.npz", None)) as archive:
        arrays = dict(archive)
    arrays["votes"][1] = 1
    np.savez(tmp_path / "f.npz", **arrays)
    sure_of(monkeypatch, 0, 0, 0)
    figures = ferplus_figures(default_bundle(), tmp_path / "f.npz", None)
    assert (figures["n"], figures["rows_without_majority"]) == (3, 1)


def test_a_file_of_training_rows_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="no row outside training"):
        ferplus_figures(default_bundle(), write(tmp_path / "f.npz", [0, 0]), None)
    with pytest.raises(DataMissing, match="needs --file"):
        ferplus_figures(default_bundle(), None, None)


def test_emotions_are_taken_by_name_whatever_their_order(rng: np.random.Generator) -> None:
    bundle = open_bundle(default_bundle())
    crops = rng.integers(0, 255, (3, 112, 112)).astype(np.uint8)
    head = bundle.spec.head("emotion")
    turned = replace(head, labels=head.labels[::-1])
    spec = replace(bundle.spec, heads=(turned,))
    plain = emotion_scores(bundle, crops)
    assert np.array_equal(emotion_scores(replace(bundle, spec=spec), crops), plain[:, ::-1])
    spec = replace(bundle.spec, heads=(replace(head, labels=("calm", *head.labels[1:])),))
    with pytest.raises(SpecMismatch, match="no label 'neutral'"):
        emotion_scores(replace(bundle, spec=spec), crops)
    with pytest.raises(SpecMismatch, match="network wants 96 px"):
        emotion_scores(replace(bundle, spec=replace(bundle.spec, input_px=96)), crops)


def test_calibration_error_over_several_bins() -> None:
    probability = np.array([0.31, 0.32, 0.91, 0.92], np.float32)
    correct = np.array([True, False, True, True])
    assert calibration_error(probability, correct) == pytest.approx((0.5 - 0.315) / 2 + (1 - 0.915) / 2, abs=1e-6)


@pytest.mark.shared
def test_the_landmarker_is_worth_its_time_on_real_faces(shared: Path, landmarker: Path, tmp_path: Path) -> None:
    data = ferplus.load(shared / "data" / "ferplus_train_valid.npz")
    rows = np.flatnonzero((data.usage == ferplus.VALIDATION) & (ferplus.majority(data.votes) >= 0))[:300]
    np.savez(tmp_path / "f.npz", images=data.images[rows], votes=data.votes[rows])
    figures = ferplus_figures(default_bundle(), tmp_path / "f.npz", landmarker)
    assert figures["n"] == 300
    assert figures["detected"] > 280
    assert figures["accuracy_majority"] > 0.8
    turn = cv2.getRotationMatrix2D((23.5, 23.5), 25.0, 1.0)
    turned = [cv2.warpAffine(image, turn, (48, 48), borderMode=cv2.BORDER_REPLICATE) for image in data.images[rows]]
    np.savez(tmp_path / "turned.npz", images=np.stack(turned), votes=data.votes[rows])
    aligned, fixed = (ferplus_figures(default_bundle(), tmp_path / "turned.npz", asset) for asset in (landmarker, None))
    assert aligned["accuracy_majority"] > fixed["accuracy_majority"] + 0.05


def test_a_damaged_bundle_is_refused_first(tmp_path: Path) -> None:
    shutil.copytree(default_bundle(), tmp_path / "bundle")
    (tmp_path / "bundle" / "weights.safetensors").write_bytes(b"")
    with pytest.raises(BundleCorrupt, match=r"weights\.safetensors: changed since export"):
        ferplus_figures(tmp_path / "bundle", tmp_path / "nothing.npz", None)
