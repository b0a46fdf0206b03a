"""A float32 network → the files of its float16 or int8 bundle."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from safetensors.numpy import save
from torch import nn

from exporters.graph import point_into, trace, weights_of
from exporters.half import half
from exporters.parity import certify
from exporters.quantise import quantise
from models.bundle import (
    CARD,
    GRAPH,
    PARITY,
    PRECISION_KEY,
    SOURCE_KEY,
    SPEC,
    WEIGHTS,
    Precision,
    sha256,
    write_manifest,
)
from models.folding import folded
from models.preprocess import to_input
from models.spec import ModelSpec
from models.weights import network_from


def derived_spec(spec: ModelSpec, precision: Precision) -> ModelSpec:
    """The specification of a variant: the same but for its ``model_id``, which ends in the precision."""
    return spec if precision is Precision.FLOAT32 else replace(spec, model_id=f"{spec.model_id}-{precision}")


def folded_graph(network: nn.Module, spec: ModelSpec) -> onnx.ModelProto:
    """The float32 graph that variants are made of: ``network``, in eval mode, with BatchNorm folded away."""
    return trace(folded(network), spec)


def fill_derived(
    folder: Path,
    model: onnx.ModelProto,
    spec: ModelSpec,
    precision: Precision,
    *,
    source_sha256: str,
    calibrating: NDArray[np.uint8],
    real_crops: NDArray[np.uint8],
    card: str,
) -> nn.Module:
    """Writes the sealed bundle of the variant into ``folder`` and returns the network that explains it.

    ``model`` is ``folded_graph`` of the float32 network, ``source_sha256`` the hash of that network's weights file.
    ParityFailed when the variant's graph is further from the explaining network than rounding explains.
    """
    spec = derived_spec(spec, precision)
    model = half(model) if precision is Precision.FLOAT16 else quantise(model, to_input(calibrating))
    (folder / WEIGHTS).write_bytes(save(weights_of(model)))
    weights_sha256 = sha256(folder / WEIGHTS)
    (folder / SPEC).write_text(spec.to_json(), encoding="utf-8")
    more = {PRECISION_KEY: str(precision), SOURCE_KEY: source_sha256}
    point_into(model, folder / WEIGHTS, spec, weights_sha256, more)
    (folder / GRAPH).write_bytes(model.SerializeToString(deterministic=True))
    explaining = network_from(spec, (folder / WEIGHTS).read_bytes(), folder / WEIGHTS, precision)
    certificate = certify(explaining, spec, folder / GRAPH, real_crops, precision)
    certificate |= {
        "model_id": spec.model_id,
        "precision": str(precision),
        "compared_with": f"torch, float32, dequantised {precision} weights",
        "weights_sha256": weights_sha256,
        "source_weights_sha256": source_sha256,
        "graph_sha256": sha256(folder / GRAPH),
    }
    (folder / PARITY).write_text(json.dumps(certificate, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (folder / CARD).write_text(card, encoding="utf-8")
    write_manifest(folder, spec.model_id)
    return explaining
