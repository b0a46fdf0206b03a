"""Emotion figures of a bundle on FER+: accuracy with its interval, recall per class. ONNX Runtime, no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle, open_bundle
from models.datasets import ferplus
from models.datasets.landmarker import find_mesh_enlarged, landmarker
from models.errors import DataInvalid, DataMissing, SpecMismatch
from models.evaluation.annotators import annotators
from models.evaluation.intervals import bootstrap
from models.evaluation.intervals import wilson as wilson
from models.evaluation.shown import shown
from models.preprocess import CROP, CROP_PX, NORMALISATION, align, luminance, to_input

BATCH = 64
FIXED_ANCHORS = {
    33: (11.8, 18.5),
    133: (19.1, 19.0),
    362: (28.7, 18.9),
    263: (36.0, 18.2),
    2: (24.0, 30.9),
    94: (24.0, 30.6),
}
"""Where the crop's anchors lie on average in a 48 px FER+ picture: for faces that are not detected."""


def fixed_mesh() -> NDArray[np.float32]:
    """(478, 2) landmarks that are zero but for the crop's anchors, in px of a 48 px picture."""
    points = np.zeros((478, 2), np.float32)
    for index, place in FIXED_ANCHORS.items():
        points[index] = place
    return points


def aligned(images: NDArray[np.uint8], asset: Path | None) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """(N, 48, 48) pictures → (N, 112, 112) grey crops, and (N,) whether a face was detected."""
    if asset is None:
        crops = [luminance(align(image, fixed_mesh()).pixels) for image in images]
        return np.stack(crops), np.zeros(len(images), bool)
    crops, found = [], []
    with landmarker(asset) as detector:
        for image in shown(images, "landmarks", len(images)):
            mesh = find_mesh_enlarged(detector, image)
            found.append(mesh is not None)
            points = fixed_mesh() if mesh is None else mesh.landmarks
            crops.append(luminance(align(image, points).pixels))
    return np.stack(crops), np.array(found, bool)


def calibration_error(probability: NDArray[np.float32], correct: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error (Guo et al. 2017) over equal-width bins of the top probability."""
    which = np.minimum((probability * bins).astype(int), bins - 1)
    excess = np.bincount(which, weights=correct.astype(np.float64) - probability, minlength=bins)
    return float(np.abs(excess).sum() / len(which))


def ferplus_figures(model: Path, file: Path | None, asset: Path | None) -> dict[str, Any]:
    """Figures on every row with a majority label: all rows of a file without ``usage``, else all but training.

    Every picture counts; one without a detected face gets the fixed crop, as all do without an ``asset``. Shares
    come with ``…_interval_95``; recall is None for a class that does not occur; ``people`` says how well the annotators
    agree with each other. DataMissing without ``file``.
    """
    if file is None:
        raise DataMissing("models evaluate --dataset ferplus: needs --file, an .npz with images and votes")
    bundle = open_bundle(model)
    data = ferplus.load(file)
    label = ferplus.majority(data.votes)
    asked = data.usage != ferplus.TRAINING
    rows = np.flatnonzero(asked & (label >= 0))
    if len(rows) == 0:
        raise DataInvalid(f"{file}: no row outside training has a majority label")
    crops, detected = aligned(data.images[rows], asset)
    scores = emotion_scores(bundle, crops)
    truth, guess, top = label[rows], scores.argmax(axis=1), scores.max(axis=1)
    correct = guess == truth
    counts = np.bincount(truth, minlength=ferplus.EMOTION_COLUMNS)
    hits = np.bincount(truth[correct], minlength=ferplus.EMOTION_COLUMNS)
    names = ferplus.COLUMNS[: ferplus.EMOTION_COLUMNS]
    return {
        "accuracy_majority": round(float(correct.mean()), 4),
        "accuracy_interval_95": _rounded(wilson(int(correct.sum()), len(rows))),
        "n": len(rows),
        "rows_without_majority": int((asked & (label < 0)).sum()),
        "detected": int(detected.sum()),
        "accuracy_detected": round(float(correct[detected].mean()), 4) if detected.any() else None,
        "calibration_error": round(calibration_error(top, correct), 4),
        "calibration_error_interval_95": _rounded(bootstrap(calibration_error, top, correct, seed=1)),
        "recall": {name: round(h / n, 4) if n else None for name, h, n in zip(names, hits, counts, strict=True)},
        "recall_n": {name: int(n) for name, n in zip(names, counts, strict=True)},
        "recall_interval_95": {
            name: _rounded(wilson(int(h), int(n))) for name, h, n in zip(names, hits, counts, strict=True)
        },
        "people": annotators(data.votes[rows]),
        "landmarker": None if asset is None else asset.name,
        "model_id": bundle.spec.model_id,
    }


def emotion_scores(bundle: Bundle, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, 112, 112) grey crops → (N, 8) probabilities in the order of FER+, whatever the order of the bundle's head.

    SpecMismatch when the bundle wants another crop or lacks one of the eight emotions.
    """
    from models.onnx_runtime import onnxruntime

    bundle.spec.require_crop(CROP_PX, CROP, normalisation=NORMALISATION, where=str(bundle.path))
    head = bundle.spec.head("emotion")
    names = ferplus.COLUMNS[: ferplus.EMOTION_COLUMNS]
    missing = [name for name in names if name not in head.labels]
    if missing:
        raise SpecMismatch(f"{bundle.path}: head emotion has no label {missing[0]!r}, which FER+ asks for")
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others need the processor too
    session = onnxruntime.InferenceSession(str(bundle.graph), options, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0].name
    raw = [
        session.run([head.name], {entry: to_input(crops[start : start + BATCH])})[0]
        for start in shown(range(0, len(crops), BATCH), "emotions")
    ]
    return head.scores(np.concatenate(raw))[:, [head.labels.index(name) for name in names]]


def _rounded(interval: tuple[float, float]) -> list[float]:
    return [round(interval[0], 4), round(interval[1], 4)]
