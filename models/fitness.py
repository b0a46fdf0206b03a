"""Whether a bundle's graph, its specification and this program fit together. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.action_units import ActionUnit
from models.bundle import Bundle
from models.errors import SpecMismatch
from models.onnx_runtime import onnxruntime, runtime_errors
from models.preprocess import CROP, CROP_PX, NORMALISATION
from models.spec import VISIBILITY, ModelSpec

LOAD_ERRORS = (
    runtime_errors.EPFail,
    runtime_errors.EngineError,
    runtime_errors.Fail,
    runtime_errors.InvalidArgument,
    runtime_errors.InvalidGraph,
    runtime_errors.InvalidProtobuf,
    runtime_errors.NoSuchFile,
    runtime_errors.NotImplemented,
    runtime_errors.RuntimeException,
    RuntimeError,
    ValueError,
)
"""What a session raises over a graph it cannot take (the library gives them no common root)."""


def require_crop(bundle: Bundle) -> None:
    """SpecMismatch unless the network wants the one crop that this program makes."""
    bundle.spec.require_crop(CROP_PX, CROP, normalisation=NORMALISATION, where=str(bundle.path))


def require_fit(session: onnxruntime.InferenceSession, bundle: Bundle) -> None:
    """SpecMismatch unless graph and specification agree and name what this program judges by.

    The graph's input and outputs must be those of the specification, AUs and face regions known by name, and the
    heads that judge pain there.
    """
    spec = bundle.spec
    inputs = session.get_inputs()
    want = [spec.input_channels, spec.input_px, spec.input_px]
    if len(inputs) != 1 or list(inputs[0].shape[1:]) != want:
        shapes = ", ".join(str(list(entry.shape)) for entry in inputs)
        raise SpecMismatch(f"{bundle.graph}: takes {shapes}, the specification says [N, {', '.join(map(str, want))}]")
    outputs = {output.name: output.shape[-1] for output in session.get_outputs()}
    for head in spec.heads:
        if outputs.get(head.name) != len(head.labels):
            gives = f"gives {outputs[head.name]} values" if head.name in outputs else "has no such output"
            raise SpecMismatch(f"{bundle.graph}: head {head.name} wants {len(head.labels)} values, the graph {gives}")
    _require_labels(spec, bundle)


def _require_labels(spec: ModelSpec, bundle: Bundle) -> None:
    known: Mapping[str, Any] = {
        "au": frozenset(unit.value for unit in ActionUnit),
        "visibility": frozenset(VISIBILITY),
    }
    for name in ("emotion", "au"):
        spec.head(name)
    for head in spec.heads:
        strange = [label for label in head.labels if label not in known.get(head.name, head.labels)]
        if strange:
            raise SpecMismatch(f"{bundle.path}: head {head.name} has an unknown label {strange[0]!r}")
