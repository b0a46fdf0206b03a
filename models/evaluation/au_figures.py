"""AU figures of a bundle on faces with known AUs: F1, agreement and monotony per unit. ONNX Runtime, no torch.

Two kinds of faces, none of which took part in training: renderings of identities and skins held out, and neutral faces
of people held out under a warp field that training has not seen. What a rendering or a warp shows is not what a person
shows; the figures on real faces are those of ``--dataset faces``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, open_bundle
from models.errors import DataMissing
from models.evaluation.au_material import (
    LEVELS,
    Material,
    rendered,
    rendered_levels,
    warped,
    warped_levels,
)
from models.evaluation.intervals import bootstrap, f1, icc
from models.evaluation.shown import shown
from models.preprocess import CROP, CROP_PX, NORMALISATION, to_input
from models.recipes.face112_data import is_held_out, lab_faces
from models.recipes.face112_renderings import open_studio
from models.spec import AUS

F32 = NDArray[np.float32]
RENDERINGS, WARPS, SWEPT_PEOPLE = 800, 800, 8
SEED = 20270101
BATCH, DRAWS = 64, 300
FALL = 0.05
"""How far a mean may fall from one level to the next and still count as monotone."""
UNCLEAR = 0.5
"""Intensities this near to the threshold are left out of ``f1_clear``."""


def au_figures(model: Path, file: Path | None, asset: Path | None) -> dict[str, Any]:
    """Figures per AU on ``renderings``, on ``warps`` and ``together``; ``missing`` lists units the bundle lacks.

    ``file`` is the data folder with ``ict_facekit``, ``london`` and ``canada``. DataMissing when it or the landmarker
    is not given. Present means an intensity of at least the bundle's threshold, in label and score alike.
    """
    if file is None:
        raise DataMissing("models evaluate --dataset aus: needs --file, the folder with ict_facekit, london and canada")
    if asset is None:
        raise DataMissing("models evaluate --dataset aus: needs --landmarker, which places skins on the rendered faces")
    bundle = open_bundle(model)
    bundle.spec.require_crop(CROP_PX, CROP, normalisation=NORMALISATION, where=str(bundle.path))
    units = [unit for unit in AUS if unit in bundle.spec.head("au").labels]
    studio = open_studio(file, asset, held_out=True)
    people = [face for position, face in enumerate(lab_faces(file, asset)) if is_held_out(position)]
    pictures = {
        "renderings": rendered(studio, RENDERINGS, SEED, shown),
        "warps": warped(people, WARPS, SEED, shown),
    }
    sweeps: dict[str, dict[str, Material]] = {"renderings": {}, "warps": {}}
    for unit in shown(units, "levels"):
        sweeps["renderings"][unit] = rendered_levels(studio, unit, SWEPT_PEOPLE, SEED)
        sweeps["warps"][unit] = warped_levels(people[:SWEPT_PEOPLE], unit, SEED)
    figures: dict[str, Any] = {
        "model_id": bundle.spec.model_id,
        "missing": [unit for unit in AUS if unit not in units],
        "people_held_out": len(people),
        "n_renderings": RENDERINGS,
        "n_warps": WARPS,
    }
    answers = {kind: au_scores(bundle, material.crops) for kind, material in pictures.items()}
    for kind, material in pictures.items():
        rises = {unit: rise(sweep, au_scores(bundle, sweep.crops), unit) for unit, sweep in sweeps[kind].items()}
        figures[kind] = unit_figures(bundle, units, material, answers[kind], rises)
    both = pictures["renderings"].joined(pictures["warps"])
    figures["together"] = unit_figures(bundle, units, both, np.concatenate(list(answers.values())), {})
    return figures


def au_scores(bundle: Bundle, crops: NDArray[np.uint8]) -> F32:
    """(N, 112, 112) grey crops → (N, U) scores in the order of AUS; NaN where the bundle has no such unit."""
    from models.onnx_runtime import onnxruntime, session_options

    head = bundle.spec.head("au")
    session = onnxruntime.InferenceSession(str(bundle.graph), session_options(1), providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0].name
    starts = range(0, len(crops), BATCH)
    raw = [session.run([head.name], {entry: to_input(crops[start : start + BATCH])})[0] for start in starts]
    found = head.scores(np.concatenate(raw))
    scores = np.full((len(crops), len(AUS)), np.nan, np.float32)
    for column, unit in enumerate(AUS):
        if unit in head.labels:
            scores[:, column] = found[:, head.labels.index(unit)]
    return scores


def rise(sweep: Material, scores: F32, unit: str) -> dict[str, Any]:
    """Whether the mean score of ``unit`` rises with its level, and the share of people with more at 5 than at 0."""
    levels = scores[:, AUS.index(unit)].reshape(-1, len(LEVELS))
    mean = levels.mean(axis=0)
    return {
        "monotone": bool((np.diff(mean) > -FALL).all() and mean[-1] > mean[0]),
        "rising": round(float((levels[:, -1] > levels[:, 0]).mean()), 3),
        "levels": [round(float(value), 2) for value in mean],
    }


def unit_figures(
    bundle: Bundle, units: list[str], material: Material, scores: F32, rises: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """F1 and ICC(3,1) per unit with 95% bootstrap intervals over people; no ICC for AU43, which is closed or open."""
    head = bundle.spec.head("au")
    figures = {}
    for unit in units:
        column = AUS.index(unit)
        rows = np.flatnonzero(material.weight[:, column] > 0)
        truth, score, person = material.au[rows, column], scores[rows, column], material.person[rows]
        threshold = head.thresholds[head.labels.index(unit)] if head.thresholds else 1.0
        present, said = truth >= threshold, score >= threshold
        clear = np.abs(truth - threshold) >= UNCLEAR if unit != "AU43" else np.ones(len(rows), bool)
        figure: dict[str, Any] = {
            "n": len(rows),
            "n_present": int(present.sum()),
            "f1": _number(f1(said, present)),
            "f1_interval_95": _interval(bootstrap(f1, said, present, seed=1, groups=person, draws=DRAWS)),
            "f1_clear": _number(f1(said[clear], present[clear])),
        }
        if unit != "AU43":
            figure["icc"] = _number(icc(score, truth))
            figure["icc_interval_95"] = _interval(bootstrap(icc, score, truth, seed=1, groups=person, draws=DRAWS))
        figures[unit] = figure | rises.get(unit, {})
    return figures


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 3)


def _interval(interval: tuple[float, float]) -> list[float | None]:
    return [_number(interval[0]), _number(interval[1])]
