"""What follows training: temperature, neutral prior, figures on people not trained on, the model card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.evaluation.ferplus_figures import calibration_error, wilson
from models.evaluation.neutral_prior import neutral_prior
from models.evaluation.warp_response import warp_response
from models.recipes.face112 import Plan, emotion_figures, raw_outputs, spec_of
from models.recipes.face112_calibration import fit_temperature, presence_thresholds
from models.recipes.face112_card import card
from models.recipes.face112_data import FaceSet, is_held_out, lab_faces
from models.recipes.face112_known import KnownFaces
from models.recipes.face112_limits import emotion_limits, unit_limits
from models.spec import ModelSpec

MODEL_ID = "face-112-4"


def finish(
    network: torch.nn.Module,
    plans: Mapping[str, Any],
    fer: FaceSet,
    known: KnownFaces,
    data: Path,
    asset: Path,
    out: Path,
    *,
    model_id: str = MODEL_ID,
) -> dict[str, Any]:
    """Completes the specification, measures, and writes ``out`` for ``vigil export``. Returns the figures.

    ``plans`` are kept in the specification's notes. The temperature is fitted on half of the validation rows (even
    ones) and its error reported on the other half; what limits the units is measured on the ``known`` faces.
    """
    spec = spec_of(Plan(), model_id)
    rows = np.flatnonzero((fer.split == 1) & (fer.majority >= 0))
    raw, truth = raw_outputs(network, fer.crops[rows])[0], fer.majority[rows]
    temperature = round(fit_temperature(raw[::2], truth[::2]), 4)
    heads = tuple(replace(h, temperature=temperature) if h.name == "emotion" else h for h in spec.heads)
    spec = replace(spec, heads=heads, calibrated=True)
    scores = spec.head("emotion").scores(raw[1::2])
    error = calibration_error(scores.max(axis=1), scores.argmax(axis=1) == truth[1::2])

    faces = lab_faces(data, asset)
    kept = [face for position, face in enumerate(faces) if is_held_out(position)]
    calm_rows = np.flatnonzero((fer.split == 0) & (fer.emotion[:, 0] > 0.75) & (fer.au_weight.sum(axis=1) > 0))[::4]
    lab = np.stack([crop for position, (_, crop, _) in enumerate(faces) if not is_held_out(position)])
    calm = raw_outputs(network, np.concatenate([fer.crops[calm_rows], np.repeat(lab, 8, axis=0)]))
    quiet = spec.head("au").scores(calm[1])
    prior = neutral_prior(quiet, spec.head("emotion").scores(calm[0]))
    levels = presence_thresholds(quiet)
    heads = tuple(replace(h, thresholds=levels) if h.name == "au" else h for h in spec.heads)
    spec = replace(spec, heads=heads, neutral_prior=prior, notes=dict(plans))

    responses = warp_response(lambda crops: spec.head("au").scores(raw_outputs(network, crops)[1]), kept)
    emotion = emotion_figures(network, fer)
    interval = wilson(round(emotion["accuracy_majority"] * emotion["n"]), int(emotion["n"]))
    figures: dict[str, Any] = {
        "emotion": {name: round(value, 4) for name, value in emotion.items()},
        "emotion_interval_95": [round(edge, 4) for edge in interval],
        "calibration_error": round(error, 4),
        "temperature": temperature,
        "warp_response": [asdict(response) for response in responses],
        "limits": {
            "emotion": emotion_limits(
                lambda crops: raw_outputs(network, crops)[0], fer, data / "ferplus_train_valid.npz"
            ),
            "units": unit_limits(
                lambda crops: spec.head("au").scores(raw_outputs(network, crops)[1]),
                known,
                [points for position, (_, _, points) in enumerate(faces) if not is_held_out(position)],
            ),
        },
        "held_out_people": len(kept),
        "parameters": sum(p.numel() for p in network.parameters()),
    }
    save_checkpoint(network, spec, out, figures)
    (out / "card.md").write_text(card(spec, figures, responses), encoding="utf-8")
    return figures


def save_checkpoint(network: torch.nn.Module, spec: ModelSpec, folder: Path, figures: dict[str, Any]) -> None:
    """Writes ``spec.json``, ``weights.safetensors`` and ``figures.json``: what ``vigil export`` takes."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    state = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    (folder / "spec.json").write_text(spec.to_json() + "\n", encoding="utf-8")
    (folder / "figures.json").write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
