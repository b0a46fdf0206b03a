"""torch → ONNX graph. Its weights stay outside, in the bundle's one weights file, found there by offset.

A safetensors file is an 8-byte header length, a JSON header and raw little-endian tensors, which is what ONNX
calls external data. BatchNorm stays as it was trained, so every initializer equals an entry of the state dict.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from onnxscript import optimizer
from torch import nn

from models.bundle import SPEC_KEY, WEIGHTS_KEY
from models.errors import SpecMismatch
from models.spec import ModelSpec

OPSET = 20
INPUT = "crop"
_INLINE_LIMIT = 4096
"""Most bytes of constants (shapes) that may lie in the graph: more would be weights stored twice."""


def trace(network: nn.Module, spec: ModelSpec) -> onnx.ModelProto:
    """The graph (N, C, S, S) → one (N, L) output per head, with its weights inside and N free."""
    example = torch.zeros(2, spec.input_channels, spec.input_px, spec.input_px)
    program = torch.onnx.export(
        network,
        (example,),
        dynamo=True,
        optimize=False,  # would fold BatchNorm into the convolutions
        verbose=False,
        opset_version=OPSET,
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        input_names=[INPUT],
        output_names=[head.name for head in spec.heads],
    )
    if program is None:
        raise SpecMismatch(f"{spec.model_id}: torch gave no graph for this network")
    optimizer.fold_constants(program.model)
    optimizer.remove_unused_nodes(program.model)
    model = program.model_proto
    _drop_zero_biases(model)
    forget_origin(model)
    return model


def point_into(
    model: onnx.ModelProto,
    weights: Path,
    spec: ModelSpec,
    weights_sha256: str,
    more: Mapping[str, str] | None = None,
) -> None:
    """Replaces the initializers' data by references into ``weights``; the metadata gets spec, hash and ``more``.

    SpecMismatch when a weight of the graph is not in the file bit for bit.
    """
    data = weights.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    inline = 0
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        entry = header.get(tensor.name)
        if entry is None:
            inline += values.nbytes
            continue
        begin, end = (start + at for at in entry["data_offsets"])
        little = values.dtype.newbyteorder("<")
        if np.ascontiguousarray(values, dtype=little).tobytes() != data[begin:end]:
            raise SpecMismatch(f"{spec.model_id}: {tensor.name} differs between graph and {weights.name}")
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", weights.name), ("offset", str(begin)), ("length", str(end - begin))):
            tensor.external_data.add(key=key, value=value)
    if inline > _INLINE_LIMIT:
        raise SpecMismatch(f"{spec.model_id}: {inline} bytes of the graph's constants are not in {weights.name}")
    onnx.helper.set_model_props(model, {SPEC_KEY: spec.to_json(), WEIGHTS_KEY: weights_sha256, **(more or {})})


def weights_of(model: onnx.ModelProto) -> dict[str, np.ndarray[Any, Any]]:
    """The initializers that belong into a weights file, by name: all but single numbers and shapes."""
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    return {name: array for name, array in arrays.items() if array.ndim > 0 and array.dtype != np.int64}


def _drop_zero_biases(model: onnx.ModelProto) -> None:
    """Removes the all-zero biases that torch gives to convolutions trained without."""
    values = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Conv" and len(node.input) == 3 and node.input[2] in values:
            bias = values[node.input[2]]
            if bias.name.startswith("val_") and not numpy_helper.to_array(bias).any():
                del node.input[2]
    used = {name for node in model.graph.node for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def forget_origin(model: onnx.ModelProto) -> None:
    """Clears stack traces and source paths: the same network gives the same bytes on every machine."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    del graph.value_info[:]
