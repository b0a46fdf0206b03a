"""The parity certificate: torch against ONNX Runtime on random, constant and real crops, one by one and by 16."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from models.bundle import Precision
from models.errors import ParityFailed
from models.onnx_runtime import onnxruntime, session_options
from models.preprocess import to_input
from models.spec import ModelSpec

F32 = NDArray[np.float32]
BATCHES = (1, 16)
TOLERANCE: Mapping[Precision, float] = {Precision.FLOAT32: 1e-4, Precision.FLOAT16: 0.02, Precision.INT8: 0.25}
"""Largest allowed relative error. float32 convolutions summed in another order stay two orders below it; the others
bound what rounding may do, so that a graph that is simply wrong is not written."""
_SMALLEST = 1e-3
"""Outputs that are all smaller than this are compared as if the largest were this."""
_CROPS = 16
_REAL_CROPS = 64


def certify(
    network: nn.Module,
    spec: ModelSpec,
    graph: Path,
    real_crops: NDArray[np.uint8],
    precision: Precision = Precision.FLOAT32,
) -> dict[str, Any]:
    """Compares ``network`` with ``graph`` and returns the certificate; ParityFailed names the worst head.

    ``real_crops`` is (N, S, S[, 3]) uint8. Relative error is |torch − ONNX| over the head's largest |torch|
    output among the compared crops. In float32 the arg max must agree in every row of every head. A float16 or int8
    graph rounds its activations, and int8 ranges were calibrated on faces: it is compared on real crops alone, with
    the network that explains it (dequantised weights), and how often the arg max agrees is measured elsewhere.
    """
    tolerance, exact = TOLERANCE[precision], precision is Precision.FLOAT32
    session = cpu_session(graph)
    names, entry = [head.name for head in spec.heads], session.get_inputs()[0].name
    cases = []
    for kind, inputs in _inputs(spec, real_crops):
        if not exact and kind != "real":
            continue
        for batch in BATCHES:
            expected = by_batch(lambda rows: torch_outputs(network, rows), inputs, batch)
            got = by_batch(lambda rows: session.run(names, {entry: rows}), inputs, batch)
            heads = {head.name: compare(a, b) for head, a, b in zip(spec.heads, expected, got, strict=True)}
            for name, error in heads.items():
                require(error, f"{spec.model_id}: head {name}, {kind} crops, batch {batch}", tolerance, exact=exact)
            cases.append({"crops": kind, "count": len(inputs), "batch": batch, "heads": heads})
    return {
        "tolerance": tolerance,
        "torch": torch.__version__,
        "onnxruntime": onnxruntime.__version__,
        "providers": session.get_providers(),
        "cases": cases,
    }


def cpu_session(graph: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    """A session on the CPU; on one thread, so that the certificate is the same every time."""
    return onnxruntime.InferenceSession(str(graph), session_options(threads), providers=["CPUExecutionProvider"])


def _inputs(spec: ModelSpec, real_crops: NDArray[np.uint8]) -> Iterator[tuple[str, F32]]:
    shape = (_CROPS, spec.input_channels, spec.input_px, spec.input_px)
    yield "random", np.random.default_rng(112).standard_normal(shape, dtype=np.float32)
    levels = np.linspace(-2.0, 2.0, _CROPS, dtype=np.float32)
    yield "constant", np.ascontiguousarray(np.broadcast_to(levels[:, None, None, None], shape))
    chosen = np.unique(np.linspace(0, len(real_crops) - 1, min(len(real_crops), _REAL_CROPS)).astype(int))
    yield "real", to_input(real_crops[np.resize(chosen, max(len(chosen), _CROPS))])


def by_batch(run: Callable[[F32], list[F32]], inputs: F32, batch: int) -> list[F32]:
    """(N, C, S, S) inputs, ``batch`` at a time → (N, L) raw outputs per head."""
    parts = [run(inputs[at : at + batch]) for at in range(0, len(inputs), batch)]
    return [np.concatenate(head) for head in zip(*parts, strict=True)]


def torch_outputs(network: nn.Module, rows: F32) -> list[F32]:
    """(N, C, S, S) inputs → (N, L) raw outputs per head."""
    with torch.no_grad():
        return [np.asarray(head.numpy(), dtype=np.float32) for head in network(torch.from_numpy(rows))]


def compare(expected: F32, got: F32) -> dict[str, Any]:
    """Errors of one head over (N, L) raw outputs, as ``certify`` defines them."""
    absolute = float(np.abs(expected.astype(np.float64) - got).max()) if expected.shape == got.shape else float("inf")
    return {
        "max_absolute": absolute,
        "max_relative": absolute / max(_SMALLEST, float(np.abs(expected).max())),
        "same_argmax": expected.shape == got.shape and bool((expected.argmax(axis=1) == got.argmax(axis=1)).all()),
    }


def require(
    error: dict[str, Any], where: str, tolerance: float = TOLERANCE[Precision.FLOAT32], *, exact: bool = True
) -> None:
    """ParityFailed unless the errors of ``compare`` are within the tolerance and, if ``exact``, the labels the same."""
    if not error["max_relative"] <= tolerance:
        raise ParityFailed(
            f"{where}: relative error {error['max_relative']:.2g} between torch and ONNX Runtime exceeds "
            f"{tolerance:g}; no bundle was written"
        )
    if exact and not error["same_argmax"]:
        raise ParityFailed(f"{where}: torch and ONNX Runtime name different labels; no bundle was written")
