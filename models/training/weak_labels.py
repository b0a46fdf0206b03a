"""AU intensities for real faces without FACS codes: from mesh geometry, MediaPipe blendshapes and emotion votes.

Weak by nature, and weighted so in training. ``cheekSquint`` and ``noseSneer`` never leave 0 in MediaPipe, so AU6 and
AU9 come from what people saw in the face (FER+ votes: happiness carries AU6, disgust AU9 and AU10, anger AU4; after
Ekman & Friesen's EMFACS table) and, exactly, from warps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.preprocess import LEFT_EYE, RIGHT_EYE
from models.spec import AUS, EMOTIONS

F32 = NDArray[np.float32]


def lip_gap_intensity(landmarks: NDArray[np.float64]) -> float:
    """AU25 as intensity 0–5 from the gap of the inner lips in interocular distances."""
    iod = np.linalg.norm(landmarks[list(LEFT_EYE)].mean(0) - landmarks[list(RIGHT_EYE)].mean(0))
    gap = np.linalg.norm(landmarks[14] - landmarks[13]) / max(float(iod), 1e-6)
    return float(5.0 * np.sqrt(np.clip((gap - 0.012) / 0.4, 0.0, 1.0)))


def jaw_intensities(landmarks: NDArray[np.float64]) -> tuple[float, float]:
    """AU26 and AU27 as intensities 0–5 from the gap of the inner lips in interocular distances.

    They are steps of one movement: AU26 grows up to a gap of 0.38 and stays, AU27 (mouth stretched open) goes on
    from there.
    """
    iod = np.linalg.norm(landmarks[list(LEFT_EYE)].mean(0) - landmarks[list(RIGHT_EYE)].mean(0))
    gap = np.linalg.norm(landmarks[14] - landmarks[13]) / max(float(iod), 1e-6)
    return float(5.0 * np.clip((gap - 0.08) / 0.30, 0.0, 1.0)), float(5.0 * np.clip((gap - 0.38) / 0.30, 0.0, 1.0))


def weak_intensities(meshes: NDArray[np.float64], shapes: F32, names: Sequence[str], votes: F32) -> tuple[F32, F32]:
    """(N, 478, 2) meshes, (N, 52) blendshapes, (N, 8) emotion distribution → (N, U) labels and (N, U) weights.

    Order of ``models.spec.AUS``; AU43 is 0, 1 or, where lids are half open, of weight 0. Rows without a mesh get 0.
    """

    def shape(name: str) -> F32:
        sides = [i for i, known in enumerate(names) if known.startswith(name)]
        return np.asarray(shapes[:, sides].mean(axis=1), dtype=np.float32)

    emotion: Mapping[str, F32] = {label: votes[:, i] for i, label in enumerate(EMOTIONS)}
    smile = np.clip(shape("mouthSmile") / 0.85, 0, 1)
    brow = np.clip((shape("browDown") - 0.15) / 0.7, 0, 1)
    squint = np.clip((shape("eyeSquint") - 0.4) / 0.5, 0, 1)
    upper = np.clip(shape("mouthUpperUp") / 0.6, 0, 1)
    blink = shape("eyeBlink")
    frowning = 3.5 * emotion["anger"] + 2.0 * emotion["disgust"] + 1.2 * emotion["fear"] + 1.0 * emotion["sadness"]
    serene = emotion["happiness"] + emotion["neutral"] + emotion["surprise"]
    found: NDArray[np.bool_] = np.asarray(np.isfinite(meshes).all(axis=(1, 2)))
    gap = np.array([lip_gap_intensity(mesh) if ok else 0.0 for mesh, ok in zip(meshes, found, strict=True)])
    jaw = np.array([jaw_intensities(m) if ok else (0.0, 0.0) for m, ok in zip(meshes, found, strict=True)])
    raised = np.clip((shape("browOuterUp") - 0.25) / 0.6, 0, 1)
    inner = np.clip((shape("browInnerUp") - 0.2) / 0.6, 0, 1)
    labels = {
        "AU01": 2.0 * emotion["surprise"] + 1.5 * emotion["fear"] + 3.0 * inner * (1.0 - 0.5 * emotion["neutral"]),
        "AU02": 2.0 * emotion["surprise"] + 3.0 * raised * (1.0 - 0.5 * emotion["neutral"]),
        "AU04": 0.6 * frowning + 2.0 * brow * (1.0 - 0.7 * serene),
        "AU06": 3.0 * emotion["happiness"] * np.clip(smile + 0.2, 0, 1) + 0.8 * emotion["disgust"],
        "AU07": 1.3 * emotion["anger"] + 1.0 * emotion["disgust"] + 1.5 * squint * (1 - 0.5 * emotion["neutral"]),
        "AU09": 3.0 * emotion["disgust"] + 0.7 * emotion["anger"],
        "AU10": 2.0 * emotion["disgust"] + 2.5 * upper * (1.0 - 0.6 * emotion["happiness"]),
        "AU12": 5.0 * smile * np.clip(0.3 + emotion["happiness"], 0, 1),
        "AU25": gap,
        "AU26": jaw[:, 0],
        "AU27": jaw[:, 1],
        "AU43": (blink > 0.55).astype(np.float32),
    }
    weights = {unit: np.ones(len(votes), np.float32) for unit in AUS}
    weights["AU43"] = ((blink > 0.6) | (blink < 0.35)).astype(np.float32)
    # A falling lid raises ``eyeSquint`` as well: closed eyes say nothing of AU7, and little of the nose root.
    weights["AU07"] = (blink < 0.45).astype(np.float32)
    stacked = np.stack([np.clip(labels[unit], 0, 5) for unit in AUS], axis=1).astype(np.float32)
    return stacked, np.stack([weights[unit] * found for unit in AUS], axis=1).astype(np.float32)
