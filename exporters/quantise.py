"""float32 graph → int8 graph: static QDQ by ONNX Runtime, 8-bit weights per output channel, calibrated on crops.

Activations are unsigned 8-bit with a zero point, which x86 kernels want (signed ones ran slower here than float32).
The heads stay float32: they are a thousandth of the work and the last place to round.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from exporters.graph import INPUT, forget_origin
from models.onnx_runtime import quantization

F32 = NDArray[np.float32]
PERCENTILE = 99.995
"""Share of the activations inside the calibrated range: a few outliers would widen every step."""
METHOD = f"percentile {PERCENTILE}"
_KINDS = ["Conv", "Relu", "MaxPool", "Add"]
_HEADS = "heads."
_CHUNK = 32
"""Crops whose activations are in memory at a time (about 6 MB a crop)."""


def quantise(model: onnx.ModelProto, inputs: F32) -> onnx.ModelProto:
    """``model`` (BatchNorm folded) in 8 bits; ``inputs`` (N, C, S, S) float32, N ≥ 1, are what it is calibrated on."""
    tools = quantization()
    with tempfile.TemporaryDirectory(prefix="vigil-int8-") as folder, contextlib.redirect_stdout(io.StringIO()):
        path = Path(folder) / "float32.onnx"
        onnx.save(model, path)
        ranges = _ranges(tools, path, inputs)
        quantizer = tools.QDQQuantizer(
            onnx.shape_inference.infer_shapes(model),
            per_channel=True,
            reduce_range=False,
            weight_qType=tools.QuantType.QInt8,
            activation_qType=tools.QuantType.QUInt8,
            tensors_range=ranges,
            nodes_to_quantize=[],
            nodes_to_exclude=[node.name for node in model.graph.node if any(n.startswith(_HEADS) for n in node.input)],
            op_types_to_quantize=_KINDS,
            extra_options={},
        )
        quantizer.quantize_model()
    quantised: onnx.ModelProto = quantizer.model.model
    del quantised.metadata_props[:]
    forget_origin(quantised)
    return quantised


def _ranges(tools: Any, path: Path, inputs: F32) -> Any:
    calibrator = tools.create_calibrator(
        path,
        _KINDS,
        augmented_model_path=str(path.with_name("augmented.onnx")),
        calibrate_method=tools.CalibrationMethod.Percentile,
        extra_options={"percentile": PERCENTILE},
    )
    for at in range(0, len(inputs), _CHUNK):
        calibrator.collect_data(_Reader(inputs[at : at + _CHUNK]))
    return calibrator.compute_data()


class _Reader:
    """ONNX Runtime's ``CalibrationDataReader``: one crop after the other."""

    def __init__(self, inputs: F32) -> None:
        self._rows = iter(inputs)

    def get_next(self) -> dict[str, F32] | None:
        row = next(self._rows, None)
        return None if row is None else {INPUT: row[None]}
