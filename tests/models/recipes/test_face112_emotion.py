"""The last stage: emotion's layers learn from votes and teachers, everything else stays; a resumed run is the same."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_faces import network, quiet, smiles

from models.bundle import default_bundle, open_bundle
from models.errors import BundleCorrupt
from models.evaluation.ferplus_figures import emotion_scores
from models.networks.region_resnet18 import RegionResNet18
from models.recipes import face112, face112_emotion, face112_teachers
from models.recipes.face112_data import FaceSet

PLAN = face112_emotion.EmotionPlan(epochs=3, faces=6, learning_rate=0.02, averaging=0.5, threads=1)


def voted(count: int = 24, validation: int = 6) -> FaceSet:
    """Smiles are happiness, the rest neutral; the last rows are for validation."""
    fer = smiles(count, real=True)
    fer.emotion[:] = np.eye(8, dtype=np.float32)[fer.majority]
    fer.split[count - validation :] = 1
    return fer


def learned(work: Path, plan: face112_emotion.EmotionPlan = PLAN, report=quiet) -> RegionResNet18:
    return face112_emotion.learn_emotion(network(), voted(), plan, work, report, quiet)


def test_emotion_is_learned_and_nothing_else_moves(tmp_path: Path) -> None:
    fer = voted()
    before = face112.raw_outputs(network(), fer.crops)
    found = learned(tmp_path, replace(PLAN, epochs=12, learning_rate=0.05))
    after = face112.raw_outputs(found, fer.crops)
    assert np.array_equal(before[1], after[1])  # Action Units
    assert np.array_equal(before[2], after[2])  # visibility
    assert (after[0].argmax(axis=1) == fer.majority).mean() > 0.9
    assert all(p.requires_grad != name.endswith("mean.weight") for name, p in found.named_parameters())


def test_a_resumed_stage_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(figures: dict[str, float]) -> None:
        if figures["epoch"] == 1:
            raise StopError

    reports: list[dict[str, float]] = []
    expected = learned(tmp_path / "whole", report=reports.append).state_dict()
    with pytest.raises(StopError):
        learned(tmp_path / "parts", report=stop)
    resumed = learned(tmp_path / "parts").state_dict()
    assert all(torch.equal(tensor, resumed[name]) for name, tensor in expected.items())
    assert reports[-1]["n"] == 6
    assert (tmp_path / "whole" / "curves.csv").read_text().count("\n") == 1 + PLAN.epochs
    with pytest.raises(ValueError, match="another plan"):
        learned(tmp_path / "parts", replace(PLAN, mixing=0.3))


def test_part_of_a_batch_is_shown_as_it_is_or_mirrored() -> None:
    fer = voted()
    plain = replace(PLAN, plain_share=1.0)
    originals = {to_tensor(crop).numpy().tobytes() for crop in (*fer.crops, *fer.crops[..., ::-1])}
    shown = [row for inputs, _ in face112_emotion.shown_faces(fer, plain, 0) for row in inputs]
    assert len(shown) == 18
    assert all(row.numpy().tobytes() in originals for row in shown)
    changed = [row for inputs, _ in face112_emotion.shown_faces(fer, PLAN, 0) for row in inputs[3:]]
    assert not any(row.numpy().tobytes() in originals for row in changed)


def to_tensor(crop: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(face112_emotion.to_input(np.ascontiguousarray(crop)[None]))[0]


def test_teachers_speak_of_training_rows_alone(tmp_path: Path) -> None:
    fer = voted(6, 2)
    bundle = default_bundle()
    taught = face112_teachers.taught(fer, [bundle, bundle], 0.5, tmp_path, quiet)
    assert np.array_equal(taught.emotion[4:], fer.emotion[4:])
    opened = open_bundle(bundle)
    heads = tuple(replace(head, temperature=1.0) for head in opened.spec.heads)
    plain = replace(opened, spec=replace(opened.spec, heads=heads))
    assert 2 * taught.emotion[:4] - fer.emotion[:4] == pytest.approx(emotion_scores(plain, fer.crops[:4]), abs=1e-5)
    (kept,) = tmp_path.glob("opinion-*.npy")
    np.save(kept, np.eye(8, dtype=np.float32)[:4])
    again = face112_teachers.taught(fer, [bundle, bundle], 1.0, tmp_path, quiet)
    assert np.array_equal(again.emotion[:4], np.eye(8, dtype=np.float32)[:4])


def test_without_teachers_the_votes_stay_and_a_broken_one_is_refused(tmp_path: Path) -> None:
    fer = voted()
    assert face112_teachers.taught(fer, [], 0.5, tmp_path, quiet) is fer
    broken = tmp_path / "broken"
    shutil.copytree(default_bundle(), broken)
    (broken / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(BundleCorrupt, match=r"model\.onnx"):
        face112_teachers.taught(fer, [broken], 0.5, tmp_path, quiet)
