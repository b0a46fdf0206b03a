"""Does the network look where it should: μ ÷ chance per AU on true positives, against networks that learnt nothing.

μ (Rieger et al.) is the positive relevance inside the AU's region ÷ all positive relevance. Chance is the region's
share of the face hull inside the crop, so that relevance spread evenly over the face scores 1. A true positive is a
face known to show the AU (``mu_cases`` says how) that the network also says shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.action_units import ActionUnit
from models.bundle import open_bundle
from models.errors import DataMissing, SpecMismatch
from models.evaluation.intervals import bootstrap
from models.evaluation.mu_cases import EMOTION_UNITS, Case, cases
from models.evaluation.null_networks import null_networks
from models.evaluation.shown import shown
from models.lrp.composites import DEFAULT
from models.lrp.explain import crop_relevances, target_of
from models.lrp.mu import chance, mu, outside_face
from models.preprocess import CROP, CROP_PX, NORMALISATION, to_input
from models.regions import hull_mask, region_mask
from models.spec import ModelSpec
from models.weights import load_network

TARGET = 1.5
"""μ ÷ chance that is asked for."""
FACES, NULL_FACES, NULL_NETWORKS = 60, 12, 20
BATCH = 24


@dataclass(frozen=True, slots=True)
class Look:
    """Where the relevance of one target on one face lies; shares of positive relevance."""

    mu: float
    chance: float
    outside_face: float
    conservation_error: float
    person: str
    source: str


def mu_figures(model: Path, file: Path | None, asset: Path | None) -> dict[str, Any]:
    """Figures by the composite that vigil explains with, over the folder ``file`` (see ``mu_cases.cases``).

    ``null`` holds, per AU, the μ ÷ chance of every network with randomised weights; ``faces`` that of every face. AUs
    without a true positive stand under ``missing`` with the reason. DataMissing without folder or landmarker.
    """
    if file is None or asset is None:
        raise DataMissing(
            "models evaluate --dataset mu: needs --file, the folder with FER+ and london/, and a landmarker"
        )
    bundle = open_bundle(model)
    bundle.spec.require_crop(CROP_PX, CROP, normalisation=NORMALISATION, where=str(bundle.path))
    network, spec = load_network(bundle), bundle.spec
    units = [unit for unit in spec.head("au").labels if unit in set(ActionUnit)]
    positives = true_positives(network, spec, cases(file, asset, units))
    names = [*units, *(f"emotion:{emotion}" for emotion in EMOTION_UNITS)]
    looks = {name: look(network, spec, name, positives.get(name, [])) for name in names}
    null = null_ratios(network, spec, {unit: positives.get(unit, [])[:NULL_FACES] for unit in units})
    return {
        "units": [record(unit, looks[unit], null.get(unit)) for unit in units if looks[unit]],
        "emotions": [record(name, looks[name], None) for name in names if ":" in name and looks[name]],
        "missing": [f"{name}: no true positive" for name in names if not looks[name]],
        "composite": DEFAULT,
        "null_networks": NULL_NETWORKS,
        "null": {unit: [round(value, 4) for value in values] for unit, values in null.items()},
        "faces": {name: [round(one.mu / one.chance, 4) for one in found] for name, found in looks.items()},
        "model_id": spec.model_id,
    }


def true_positives(network: nn.Module, spec: ModelSpec, known: Sequence[Case]) -> dict[str, list[Case]]:
    """Target → faces that show it and that the network gives it to, at most ``FACES``, the sources taking turns."""
    scores = _scores(network, spec, known)
    au = spec.head("au")
    found: dict[str, dict[str, list[Case]]] = {}
    for row, case in enumerate(known):
        for name in case.targets:
            head, _, wanted = name.rpartition(":")
            if not head:
                column = au.labels.index(name) if name in au.labels else None
                if column is None or scores["au"][row, column] < (au.thresholds or (1.0,) * len(au.labels))[column]:
                    continue
            elif spec.head(head).labels[int(scores[head][row].argmax())] != wanted:
                continue
            found.setdefault(name, {}).setdefault(case.source, []).append(case)
    return {name: _in_turn(list(by_source.values()))[:FACES] for name, by_source in found.items()}


def look(
    network: nn.Module, spec: ModelSpec, name: str, positives: Sequence[Case], composite: str = DEFAULT
) -> list[Look]:
    """Where the target's relevance lies on each face; a face without positive relevance or region is left out."""
    target = target_of(spec, name)
    found = []
    for start in range(0, len(positives), BATCH):
        part = positives[start : start + BATCH]
        x = torch.from_numpy(to_input(np.stack([case.crop for case in part])))
        for case, relevance in zip(part, crop_relevances(network, x, [target] * len(part), composite), strict=True):
            mask, hull = _region(name, case.landmarks), hull_mask(case.landmarks, CROP_PX)
            inside, share, outside = (
                mu(relevance.relevance, mask),
                chance(mask, hull),
                outside_face(relevance.relevance, hull),
            )
            if inside is not None and outside is not None and share:
                found.append(Look(inside, share, outside, relevance.conservation_error, case.person, case.source))
    return found


def ratio(looks: Sequence[Look]) -> float:
    """Mean μ ÷ mean chance; NaN of nothing."""
    return _ratio(np.array([one.mu for one in looks]), np.array([one.chance for one in looks]))


def record(name: str, looks: Sequence[Look], null: Sequence[float] | None) -> dict[str, Any]:
    """One line of the table; the interval draws whole people anew."""
    inside, share = np.array([one.mu for one in looks]), np.array([one.chance for one in looks])
    found = _ratio(inside, share)
    low, high = bootstrap(_ratio, inside, share, seed=1, groups=[one.person for one in looks])
    line: dict[str, Any] = {
        "target": name,
        "n": len(looks),
        "mu": round(float(inside.mean()), 4),
        "chance": round(float(share.mean()), 4),
        "mu_over_chance": round(found, 3),
        "interval_95": [round(low, 3), round(high, 3)],
        "outside_face": round(float(np.mean([one.outside_face for one in looks])), 3),
        "conservation_error": round(float(np.median([one.conservation_error for one in looks])), 4),
    }
    for source in ("ferplus", "smiling", "warped"):
        part = [one for one in looks if one.source == source]
        line[source] = f"{ratio(part):.2f} ({len(part)})" if part else None
    if null:
        line["null_95th_percentile"] = round(float(np.percentile(null, 95)), 3)
        line["met"] = found >= TARGET and found > float(np.percentile(null, 95))
    return line


def null_ratios(network: nn.Module, spec: ModelSpec, positives: Mapping[str, Sequence[Case]]) -> dict[str, list[float]]:
    """AU → μ ÷ chance of each randomised network on the faces given for it."""
    crops = {id(case): case.crop for faces in positives.values() for case in faces}
    if not crops:
        return {}
    x = torch.from_numpy(to_input(np.stack(list(crops.values())[:96])))
    values: dict[str, list[float]] = {unit: [] for unit, faces in positives.items() if faces}
    for blank in shown(null_networks(network, x, NULL_NETWORKS), "networks without learning", NULL_NETWORKS):
        for unit, drawn in values.items():
            drawn.append(ratio(look(blank, spec, unit, positives[unit])))
    return {unit: [value for value in drawn if not np.isnan(value)] for unit, drawn in values.items()}


def _scores(network: nn.Module, spec: ModelSpec, known: Sequence[Case]) -> dict[str, NDArray[np.float32]]:
    parts: list[list[NDArray[np.float32]]] = []
    with torch.inference_mode():
        for part in _chunks(known):
            outputs = network(torch.from_numpy(to_input(np.stack([case.crop for case in part]))))
            parts.append([output.numpy() for output in outputs])
    raw = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return {head.name: head.scores(values) for head, values in zip(spec.heads, raw, strict=True)}


def _region(name: str, landmarks: NDArray[np.float32]) -> NDArray[np.bool_]:
    head, _, label = name.rpartition(":")
    units = EMOTION_UNITS[label] if head else (label,)
    if not units:
        raise SpecMismatch(f"no region for target {name!r}")
    masks = np.stack([region_mask(ActionUnit(unit), landmarks, CROP_PX) for unit in units])
    return np.asarray(masks.any(axis=0), dtype=bool)


def _ratio(inside: NDArray[np.float64], share: NDArray[np.float64]) -> float:
    return float(inside.mean() / share.mean()) if len(inside) else float("nan")


def _in_turn(lists: list[list[Case]]) -> list[Case]:
    longest = max(len(one) for one in lists)
    return [one[place] for place in range(longest) for one in lists if place < len(one)]


def _chunks(known: Sequence[Case], size: int = 64) -> Iterator[Sequence[Case]]:
    for start in range(0, len(known), size):
        yield known[start : start + size]
