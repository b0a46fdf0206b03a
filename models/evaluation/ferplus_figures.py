"""Emotion figures of a bundle on FER+: accuracy with its interval, recall per class. ONNX Runtime, no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import open_bundle
from models.datasets import ferplus
from models.datasets.landmarker import find_mesh_enlarged, landmarker
from models.errors import DataMissing
from models.preprocess import align, luminance, to_input

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


def aligned(images: NDArray[np.uint8], asset: Path | None) -> tuple[NDArray[np.uint8], int]:
    """(N, 48, 48) pictures → (N, 112, 112) grey crops, and in how many a face was detected."""
    crops = []
    detected = 0
    if asset is None:
        return np.stack([luminance(align(image, fixed_mesh()).pixels) for image in images]), 0
    with landmarker(asset) as detector:
        for image in images:
            mesh = find_mesh_enlarged(detector, image)
            detected += mesh is not None
            points = fixed_mesh() if mesh is None else mesh.landmarks
            crops.append(luminance(align(image, points).pixels))
    return np.stack(crops), detected


def wilson(successes: int, count: int) -> tuple[float, float]:
    """95% interval of a share (Wilson 1927)."""
    if count == 0:
        return 0.0, 1.0
    z, share = 1.96, successes / count
    centre = share + z * z / (2 * count)
    spread = z * float(np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)))
    scale = 1 + z * z / count
    return (centre - spread) / scale, (centre + spread) / scale


def calibration_error(probability: NDArray[np.float32], correct: NDArray[np.bool_], bins: int = 15) -> float:
    """Expected calibration error (Guo et al. 2017) over equal-width bins of the top probability."""
    which = np.minimum((probability * bins).astype(int), bins - 1)
    return float(
        sum(
            (which == b).mean() * abs(float(correct[which == b].mean()) - float(probability[which == b].mean()))
            for b in range(bins)
            if (which == b).any()
        )
    )


def ferplus_figures(model: Path, file: Path, asset: Path | None) -> dict[str, Any]:
    """Figures on every row with a majority label: all rows of a file without ``usage``, else all but training."""
    from models.onnx_runtime import onnxruntime

    bundle = open_bundle(model)
    data = ferplus.load(file)
    truth = ferplus.majority(data.votes)
    rows = np.flatnonzero((data.usage != ferplus.TRAINING) & (truth >= 0))
    if len(rows) == 0:
        raise DataMissing(f"{file}: no row outside training has a majority label")
    crops, detected = aligned(data.images[rows], asset)
    session = onnxruntime.InferenceSession(str(bundle.path / "model.onnx"), providers=["CPUExecutionProvider"])
    raw = np.concatenate(
        [
            session.run(["emotion"], {session.get_inputs()[0].name: to_input(crops[i : i + 64])})[0]
            for i in range(0, len(crops), 64)
        ]
    )
    head = bundle.spec.head("emotion")
    scores = head.scores(raw)
    guess = scores.argmax(axis=1)
    correct = guess == truth[rows]
    low, high = wilson(int(correct.sum()), len(rows))
    return {
        "accuracy_majority": round(float(correct.mean()), 4),
        "accuracy_interval_95": [round(low, 4), round(high, 4)],
        "n": len(rows),
        "detected": detected,
        "calibration_error": round(calibration_error(scores.max(axis=1), correct), 4),
        "recall": {
            name: [round(float(correct[truth[rows] == label].mean()), 4), int((truth[rows] == label).sum())]
            for label, name in enumerate(head.labels)
            if (truth[rows] == label).any()
        },
        "model_id": bundle.spec.model_id,
    }
