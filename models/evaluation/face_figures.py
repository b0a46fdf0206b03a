"""AU figures on real faces: where people saw an emotion, and on neutral and smiling faces taken in a laboratory.

No openly licensed faces with human FACS codes exist, so truth is what each picture implies: an emotion that most FER+
voters saw implies its units (Ekman & Friesen's EMFACS), a face asked to be neutral shows none, one asked to smile shows
AU12 and, in these photographs, mostly parted lips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import open_bundle
from models.datasets import ferplus
from models.errors import DataMissing
from models.evaluation.ferplus_figures import aligned
from models.evaluation.intervals import auc, auc_interval, wilson
from models.evaluation.lab_people import LabPeople, LabPicture, lab_people
from models.evaluation.strata import by_strata
from models.evaluation.unit_scores import presence_thresholds, unit_scores

Scores = Mapping[str, NDArray[np.float32]]

QUESTIONS: tuple[tuple[tuple[str, ...], str, float | None], ...] = (
    (("AU04",), "anger", 0.80),
    (("AU09", "AU10"), "disgust", 0.80),
    (("AU06",), "happiness", 0.95),
    (("AU12",), "happiness", 0.95),
    (("AU01", "AU02"), "surprise", 0.90),
    (("AU26", "AU27"), "surprise", None),
)
"""Units (the highest counts), emotion they are expected in, and the AUC against neutral that is asked for."""
QUIET_UNITS = ("AU04", "AU09", "AU10", "AU43")
"""Units that a neutral face must not show: false positives at most ``QUIET_SHARE``."""
QUIET_SHARE = 0.05
SMILE_UNITS = ("AU12", "AU25")


def face_figures(model: Path, file: Path | None, asset: Path | None) -> dict[str, Any]:
    """Figures over the folder ``file`` that holds ``ferplus_train_valid.npz``, ``london/`` and ``canada/``.

    Without a landmarker ``asset`` FER+ faces get the fixed crop and the laboratory sets are left out, which ``skipped``
    says. Units that the bundle lacks stand under ``missing``. DataMissing without the folder or its FER+ file.
    """
    if file is None:
        raise DataMissing("models evaluate --dataset faces: needs --file, the folder with FER+, london/ and canada/")
    bundle = open_bundle(model)
    asked = dict.fromkeys(unit for units, _, _ in QUESTIONS for unit in units)
    units = bundle.spec.head("au").labels
    figures: dict[str, Any] = {
        "missing": [unit for unit in (*asked, *QUIET_UNITS, *SMILE_UNITS) if unit not in units],
        "skipped": [],
    }
    data = ferplus.load(file / "ferplus_train_valid.npz")
    majority = ferplus.majority(data.votes)
    rows = np.flatnonzero((data.usage != ferplus.TRAINING) & (majority >= 0))
    crops, detected = aligned(data.images[rows], asset)
    figures["detected"], figures["n"] = int(detected.sum()), len(rows)
    figures["emotions"] = emotion_questions(unit_scores(bundle, crops), majority[rows])
    if asset is None:
        figures["skipped"] = ["london and canada: need a face landmarker"]
    else:
        people = lab_people(file, asset)
        thresholds = presence_thresholds(bundle)
        neutral = unit_scores(bundle, _crops(people.neutral))
        smiling = unit_scores(bundle, _crops(people.smiling))
        figures["neutral"] = false_positives(_only(neutral, people.neutral), thresholds)
        figures["smiles"] = smile_responses(people, neutral, smiling, thresholds)
        figures |= by_strata(people, neutral, thresholds)
    figures["model_id"] = bundle.spec.model_id
    return figures


def emotion_questions(scores: Scores, majority: NDArray[np.int64]) -> list[dict[str, Any]]:
    """One record per question that the scores (N,) can answer: AUC of the units on the emotion against neutral."""
    records = []
    for units, emotion, target in QUESTIONS:
        if not set(units) & set(scores):
            continue
        highest = np.max([scores[unit] for unit in units if unit in scores], axis=0)
        shown = highest[majority == ferplus.COLUMNS.index(emotion)]
        calm = highest[majority == ferplus.COLUMNS.index("neutral")]
        found = auc(shown, calm)
        records.append(
            {
                "units": "max(" + ", ".join(units) + ")" if len(units) > 1 else units[0],
                "emotion": emotion,
                "auc": round(found, 4),
                "interval_95": _rounded(auc_interval(shown, calm)),
                "n": len(shown),
                "n_neutral": len(calm),
                "target": target,
                "met": None if target is None else found >= target,
            }
        )
    return records


def false_positives(scores: Scores, thresholds: Mapping[str, float]) -> list[dict[str, Any]]:
    """Share of neutral faces on which each unit counts as present; a target for the units that pain is made of."""
    records = []
    for unit, found in scores.items():
        wrong = int((found >= thresholds[unit]).sum())
        target = QUIET_SHARE if unit in QUIET_UNITS else None
        records.append(
            {
                "unit": unit,
                "false_positives": round(wrong / max(1, len(found)), 4),
                "interval_95": _rounded(wilson(wrong, len(found))),
                "n": len(found),
                "mean": round(float(found.mean()), 3) if len(found) else None,
                "target": target,
                "met": None if target is None else wrong <= target * len(found),
            }
        )
    return records


def smile_responses(
    people: LabPeople, neutral: Scores, smiling: Scores, thresholds: Mapping[str, float]
) -> list[dict[str, Any]]:
    """AU12 and AU25 on held-out people's smiles: share that responds, AUC against the same people's neutral faces."""
    smilers = {picture.person for picture in people.smiling if picture.held_out}
    calm_rows = np.array([picture.person in smilers for picture in people.neutral], bool)
    smile_rows = np.array([picture.held_out for picture in people.smiling], bool)
    records = []
    for unit in SMILE_UNITS:
        if unit not in smiling or not smile_rows.any():
            continue
        up, calm = smiling[unit][smile_rows], neutral[unit][calm_rows]
        responded = int((up >= thresholds[unit]).sum())
        records.append(
            {
                "unit": unit,
                "responds": round(responded / len(up), 4),
                "interval_95": _rounded(wilson(responded, len(up))),
                "n": len(up),
                "auc": round(auc(up, calm), 4),
                "auc_interval_95": _rounded(auc_interval(up, calm)),
                "mean_smiling": round(float(up.mean()), 3),
                "mean_neutral": round(float(calm.mean()), 3),
            }
        )
    return records


def _crops(pictures: Sequence[LabPicture]) -> NDArray[np.uint8]:
    return np.stack([p.crop for p in pictures]) if pictures else np.zeros((0, 1, 1), np.uint8)


def _only(scores: Scores, pictures: Sequence[LabPicture]) -> Scores:
    rows = np.array([picture.held_out for picture in pictures], bool)
    return {unit: found[rows] for unit, found in scores.items()}


def _rounded(interval: tuple[float, float]) -> list[float]:
    return [round(interval[0], 4), round(interval[1], 4)]
