"""A user's own ONNX network, of whatever architecture → a bundle. It is classified with as it is, and not explained."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import save
from torch import Tensor, nn

from exporters.export import card_of, replacing, require_crops
from exporters.graph import point_into, weights_of
from exporters.parity import certify, cpu_session
from models.bundle import CARD, GRAPH, PARITY, SPEC, WEIGHTS, open_bundle, sha256, write_manifest
from models.errors import SpecMismatch
from models.fitness import LOAD_ERRORS, require_fit
from models.onnx_runtime import onnxruntime
from models.spec import ModelSpec


class _Given(nn.Module):
    """The network as it was given, called like a torch one."""

    def __init__(self, session: onnxruntime.InferenceSession, spec: ModelSpec) -> None:
        super().__init__()
        self._session, self._input = session, session.get_inputs()[0].name
        self._heads = [head.name for head in spec.heads]

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        return tuple(torch.from_numpy(raw) for raw in self._session.run(self._heads, {self._input: x.numpy()}))


def export_foreign(graph: Path, spec: ModelSpec, out: Path, *, real_crops: NDArray[np.uint8], card: str = "") -> Path:
    """Writes the bundle of the ONNX file ``graph`` to ``out``; errors as for ``exporters.export.export_bundle``.

    SpecMismatch, naming ``graph``, when it is no network that takes a free number of the crops of ``spec`` and gives
    its heads by name. The weights move into the bundle's one weights file; the certificate compares with ``graph``.
    """
    require_crops(spec, real_crops)
    try:
        given = cpu_session(graph)  # first: it says in words what is wrong with a file
        model = onnx.load(graph)
        weights = save(weights_of(model))
    except (*LOAD_ERRORS, OSError, KeyError, TypeError, SafetensorError) as error:
        reason = " ".join(str(error).split())
        raise SpecMismatch(f"{graph}: cannot be read as an ONNX network ({reason})") from error
    entry = given.get_inputs()[0]
    if isinstance(entry.shape[0], int) or entry.type != "tensor(float)":
        raise SpecMismatch(f"{graph}: takes {entry.shape} {entry.type}, want float32 and a free number of crops")
    with replacing(out) as folder:
        (folder / WEIGHTS).write_bytes(weights)
        weights_sha256 = sha256(folder / WEIGHTS)
        (folder / SPEC).write_text(spec.to_json(), encoding="utf-8")
        point_into(model, folder / WEIGHTS, spec, weights_sha256)
        (folder / GRAPH).write_bytes(model.SerializeToString(deterministic=True))
        certificate = {"model_id": spec.model_id, "weights_sha256": weights_sha256}
        (folder / PARITY).write_text(json.dumps(certificate), encoding="utf-8")
        (folder / CARD).write_text(card or card_of(spec), encoding="utf-8")
        write_manifest(folder, spec.model_id)
        require_fit(given, replace(open_bundle(folder), path=graph.parent))
        certificate |= certify(_Given(given, spec), spec, folder / GRAPH, real_crops)
        certificate |= {"compared_with": "the ONNX network as it was given", "graph_sha256": sha256(folder / GRAPH)}
        (folder / PARITY).write_text(json.dumps(certificate, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        write_manifest(folder, spec.model_id)
    return out
