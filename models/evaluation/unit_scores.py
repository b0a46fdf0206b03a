"""AU scores of crops through a bundle's ONNX graph, as vigil computes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.evaluation.shown import shown
from models.preprocess import CROP, CROP_PX, NORMALISATION, to_input

BATCH = 64


def unit_scores(bundle: Bundle, crops: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """(N, 112, 112) grey crops → (N,) scores per AU the bundle has; SpecMismatch when it wants another crop."""
    from models.onnx_runtime import onnxruntime

    bundle.spec.require_crop(CROP_PX, CROP, normalisation=NORMALISATION, where=str(bundle.path))
    head = bundle.spec.head("au")
    if not len(crops):
        return {unit: np.zeros(0, np.float32) for unit in head.labels}
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others need the processor too
    session = onnxruntime.InferenceSession(str(bundle.graph), options, providers=["CPUExecutionProvider"])
    entry = session.get_inputs()[0].name
    raw = [
        session.run([head.name], {entry: to_input(crops[start : start + BATCH])})[0]
        for start in shown(range(0, len(crops), BATCH), "Action Units")
    ]
    scores = head.scores(np.concatenate(raw))
    return {unit: scores[:, column] for column, unit in enumerate(head.labels)}


def presence_thresholds(bundle: Bundle) -> dict[str, float]:
    """Score from which each AU counts as present; 1 (of 5) where the specification says nothing."""
    head = bundle.spec.head("au")
    return dict(zip(head.labels, head.thresholds or (1.0,) * len(head.labels), strict=True))
