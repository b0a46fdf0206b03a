"""What follows training: temperature, neutral prior, figures on people not trained on, and the model card."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.evaluation.ferplus_figures import calibration_error, wilson
from models.evaluation.neutral_prior import neutral_prior
from models.evaluation.warp_response import LEVELS, WarpResponse, warp_response
from models.recipes.face112 import Plan, emotion_figures, raw_outputs, save_checkpoint, spec_of
from models.recipes.face112_data import FaceSet, is_held_out, lab_faces
from models.recipes.face112_units import HELD_BACK, UnitsPlan
from models.spec import AUS, ModelSpec


def fit_temperature(raw: NDArray[np.float32], truth: NDArray[np.int64]) -> float:
    """Temperature that minimises the negative log-likelihood (Guo et al. 2017), by search over a fine grid."""
    grid = np.exp(np.linspace(np.log(0.3), np.log(3.0), 121))

    def nll(temperature: float) -> float:
        logits = raw.astype(np.float64) / temperature
        logits -= logits.max(axis=1, keepdims=True)
        return float((np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(truth)), truth]).mean())

    return float(min(grid, key=nll))


def intensity_gains(raw: NDArray[np.float32], au: NDArray[np.float32], weight: NDArray[np.float32]) -> list[float]:
    """Least-squares factor per AU that brings (N, 8) raw outputs to the scale of their (N, 8) labels; AU43 keeps 1.

    The Huber loss follows the median and shrinks what is rare; the factor is bounded to [1, 3].
    """
    gains = []
    for column, unit in enumerate(AUS):
        z, t, w = np.maximum(raw[:, column], 0.0), au[:, column], weight[:, column]
        energy = float((w * z * z).sum())
        gains.append(1.0 if unit == "AU43" or energy <= 0 else float(np.clip((w * z * t).sum() / energy, 1.0, 3.0)))
    return gains


def presence_thresholds(quiet: NDArray[np.float32]) -> tuple[float, ...]:
    """Intensity from which each AU counts as present: 1, or more where 3% of neutral training faces (N, U) exceed 1.

    At most 2; AU43 keeps 0.5, the border between open and closed.
    """
    high = np.quantile(quiet, 0.97, axis=0)
    return tuple(
        0.5 if unit == "AU43" else round(float(np.clip(level, 1.0, 2.0)), 2)
        for unit, level in zip(AUS, high, strict=True)
    )


def scale_intensities(network: torch.nn.Module, gains: list[float]) -> None:
    """Multiplies the AU head's maps and biases, so that the stored network is the calibrated one."""
    head = network.get_submodule("heads.au")
    with torch.no_grad():
        factor = torch.tensor(gains, dtype=torch.float32)
        for parameter in (head.get_parameter("maps.weight"), head.get_parameter("mean.bias")):
            parameter.mul_(factor.view(-1, *[1] * (parameter.ndim - 1)))


def finish(
    network: torch.nn.Module,
    plan: Plan,
    units: UnitsPlan,
    fer: FaceSet,
    made: FaceSet,
    data: Path,
    asset: Path,
    out: Path,
) -> dict[str, Any]:
    """Completes the specification, measures, and writes ``out`` for ``vigil export``. Returns the figures.

    The temperature is fitted on half of the validation rows (even ones) and its error reported on the other half. The
    scale of the AU outputs is fitted on the synthetic faces ``made`` that were held back from their layers.
    """
    sample = np.arange(0, len(made.crops), HELD_BACK)
    shown = raw_outputs(network, made.crops[sample])[1]
    gains = intensity_gains(shown, made.au[sample], made.au_weight[sample])
    scale_intensities(network, gains)
    spec = spec_of(plan, "face-112-4")
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
    spec = replace(spec, heads=heads, neutral_prior=prior, notes={"plan": asdict(plan), "units": asdict(units)})

    responses = warp_response(lambda crops: spec.head("au").scores(raw_outputs(network, crops)[1]), kept)
    emotion = emotion_figures(network, fer)
    interval = wilson(round(emotion["accuracy_majority"] * emotion["n"]), int(emotion["n"]))
    figures: dict[str, Any] = {
        "emotion": {name: round(value, 4) for name, value in emotion.items()},
        "emotion_interval_95": [round(edge, 4) for edge in interval],
        "calibration_error": round(error, 4),
        "temperature": temperature,
        "warp_response": [asdict(response) for response in responses],
        "intensity_gain": {unit: round(gain, 3) for unit, gain in zip(AUS, gains, strict=True)},
        "held_out_people": len(kept),
        "parameters": sum(p.numel() for p in network.parameters()),
    }
    save_checkpoint(network, spec, out, figures)
    (out / "card.md").write_text(card(spec, figures, responses), encoding="utf-8")
    return figures


def card(spec: ModelSpec, figures: dict[str, Any], responses: list[WarpResponse]) -> str:
    """The model card in Markdown."""
    emotion = figures["emotion"]
    low, high = figures["emotion_interval_95"]
    recalls = "\n".join(
        f"| {name.removeprefix('recall_')} | {value:.3f} |"
        for name, value in emotion.items()
        if name.startswith("recall_")
    )
    intensities = ", ".join(unit for unit in AUS if unit != "AU43")
    rises = "\n".join(
        f"| {r.unit} | {' → '.join(f'{v:.2f}' for v in r.mean)} | {r.rising:.0%} | {'yes' if r.monotone else 'no'} |"
        for r in responses
    )
    return f"""# Model card: {spec.model_id}

Parameter-reduced ResNet-18 with regions (width {spec.width}, {figures["parameters"]:,} parameters), one
{spec.input_px} px aligned grey crop in; emotion (8 classes of FER+), Action Unit intensity ({intensities}: 0–5;
AU43: closed or open) and the visibility of four face regions out. Emotion is read from the whole face; every Action
Unit and every visibility only from the cells of its own region.

**For** decision support at the bedside: "check the resident". **Not** a diagnosis, not a certified medical device,
**not validated on pain**: no openly licensed recording of real people in pain exists, and nobody with a FACS
certificate coded the faces it learned from.

## Learned from
- Emotion: FER+ training rows with soft votes (votes MIT; the pictures are not redistributed).
- Action Units: weak labels (mesh geometry, MediaPipe blendshapes, emotion votes) on FER+ faces; warps of neutral
  faces with known strength: FER+, the Face Research Lab London Set and Young Adult White Faces (CC BY 4.0, DeBruine &
  Jones 2017; taken with consent, in original or altered form); renderings of ICT-FaceKit heads (MIT) with skins from
  those lab photographs. Every fourth person of the lab sets was held out.
- Grimaces and laughs made of smiling and of calm faces by warps: these carry an emotion as well, since FER+ knows no
  pain and a network takes bared teeth for joy.
- FER+ pictures were collected by web search for a competition in 2013; no first-party grant is known. Only weights,
  no picture, are given on.
- Visibility: pasted hands, cloth and bars.

## Figures
Emotion on FER+ validation, majority protocol: **{emotion["accuracy_majority"]:.4f}** (95% interval
{low:.3f}–{high:.3f}, n = {int(emotion["n"])}); expected calibration error
{figures["calibration_error"]:.3f} at temperature {figures["temperature"]} (fitted on even, measured on odd
validation rows).

| emotion | recall |
|---|---|
{recalls}

Mean AU output as its warp grows (levels {", ".join(f"{level:g}" for level in LEVELS)}; AU43 from open to closed) on
{figures["held_out_people"]} people not trained on:

| AU | mean output | faces that rise | monotone |
|---|---|---|---|
{rises}

## Known limits
- Intensities are those of warps and renderings, not of people; AU26 and AU27 are one movement, cut at a gap of the
  inner lips of 0.38 interocular distances.
- No AU was ever compared with human FACS codes.
- Disgust, fear and contempt are rare in FER+ and poorly recalled.
- The lab faces are 18–54 years old and mostly white; older faces come from FER+ alone.
"""
