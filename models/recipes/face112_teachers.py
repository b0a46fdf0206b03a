"""Teachers of the last stage: bundles named by path, whose common opinion is mixed into the votes of training rows.

FER+ has ten votes a picture; how several networks divide their opinion says more of it (Hinton, Vinyals & Dean 2015).
Teachers stay out of the repository; any bundle with the emotions of FER+ and this program's crop will do. The shipped
network had face-112-1 and face-112-4, which lie in the history of ``models/zoo/face-112``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, open_bundle
from models.evaluation.ferplus_figures import emotion_scores
from models.recipes.face112_data import FaceSet

F32 = NDArray[np.float32]
Progress = Callable[[str, int, int], None]


def opinion(teachers: Sequence[Bundle], crops: NDArray[np.uint8], progress: Progress) -> F32:
    """(N, 112, 112) grey crops → (N, 8) mean probabilities over teachers, at temperature 1."""
    total = np.zeros((len(crops), 8), np.float32)
    for number, teacher in enumerate(teachers):
        heads = tuple(replace(head, temperature=1.0) for head in teacher.spec.heads)
        plain = replace(teacher, spec=replace(teacher.spec, heads=heads))
        progress(f"opinion of {teacher.spec.model_id}", number, len(teachers))
        total += emotion_scores(plain, crops)
    return total / np.float32(len(teachers))


def taught(fer: FaceSet, paths: Sequence[Path], share: float, work: Path, progress: Progress) -> FaceSet:
    """``fer`` with ``share`` of each training row's emotion from the bundles at ``paths``; as it is without any.

    Validation rows are never shown to the teachers. The opinion is kept in ``work`` under the teachers' weights.
    BundleCorrupt or SpecMismatch for a bundle that cannot teach.
    """
    if not paths:
        return fer
    teachers = [open_bundle(path) for path in paths]
    made_by = [teacher.weights_sha256 for teacher in teachers]
    named = hashlib.sha256(json.dumps([made_by, fer.crops.shape]).encode()).hexdigest()[:12]
    work.mkdir(parents=True, exist_ok=True)
    cache, rows = work / f"opinion-{named}.npy", np.flatnonzero(fer.split == 0)
    if cache.is_file():
        shown = np.load(cache, allow_pickle=False)
    else:
        shown = opinion(teachers, fer.crops[rows], progress)
        np.save(cache, shown)
    emotion = fer.emotion.copy()
    emotion[rows] = (1 - share) * emotion[rows] + share * shown
    return replace(fer, emotion=emotion)
