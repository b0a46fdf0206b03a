"""float32 graph → float16 graph with the same float32 input and outputs."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_HALF = "_float16"


def half(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy that computes in float16 between a cast of its input and casts of its outputs.

    Where a provider has no float16 kernel, ONNX Runtime puts float32 ones between further casts: smaller, not faster.
    """
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    graph = copied.graph
    for tensor in graph.initializer:
        _narrow(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                _narrow(attribute.t)
    renamed = {value.name: value.name + _HALF for value in (*graph.input, *graph.output)}
    for node in graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]
        node.output[:] = [renamed.get(name, name) for name in node.output]
    body = list(graph.node)
    del graph.node[:]
    graph.node.extend(_cast(value.name, renamed[value.name], TensorProto.FLOAT16) for value in graph.input)
    graph.node.extend(body)
    graph.node.extend(_cast(renamed[value.name], value.name, TensorProto.FLOAT) for value in graph.output)
    return copied


def _narrow(tensor: TensorProto) -> None:
    if tensor.data_type == TensorProto.FLOAT:
        narrow = numpy_helper.to_array(tensor).astype(np.float16)
        tensor.CopyFrom(numpy_helper.from_array(narrow, tensor.name))


def _cast(source: str, target: str, kind: int) -> onnx.NodeProto:
    return helper.make_node("Cast", [source], [target], name=f"cast_{source}", to=kind)
