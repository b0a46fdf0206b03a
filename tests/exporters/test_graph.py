"""The graph points into the one weights file and betrays nothing of the machine it was made on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

onnx = pytest.importorskip("onnx")

from models.bundle import GRAPH, SPEC, WEIGHTS, open_bundle  # noqa: E402
from models.onnx_metadata import read_metadata  # noqa: E402


@pytest.fixture(scope="module")
def model(tiny_bundle: Path) -> onnx.ModelProto:
    return onnx.load(tiny_bundle / GRAPH, load_external_data=False)


def test_weights_are_stored_once(tiny_bundle: Path, model: onnx.ModelProto) -> None:
    data = (tiny_bundle / WEIGHTS).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    outside = {tensor.name: {e.key: e.value for e in tensor.external_data} for tensor in model.graph.initializer}
    pointing = {name: entry for name, entry in outside.items() if entry}
    for name, entry in pointing.items():
        begin, end = header[name]["data_offsets"]
        assert entry == {"location": WEIGHTS, "offset": str(start + begin), "length": str(end - begin)}
    unused = {name for name in header if name not in pointing}
    assert all(name.endswith("num_batches_tracked") for name in unused), unused
    inline = [tensor for tensor in model.graph.initializer if not outside[tensor.name]]
    assert sum(len(tensor.raw_data) for tensor in inline) < 100
    assert (tiny_bundle / GRAPH).stat().st_size < 30_000


def test_batchnorm_is_not_folded(model: onnx.ModelProto) -> None:
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("BatchNormalization") == kinds.count("Conv") == 20
    assert all(len(node.input) == 2 for node in model.graph.node if node.op_type == "Conv")


def test_valid_with_a_free_batch(tiny_bundle: Path, model: onnx.ModelProto) -> None:
    onnx.checker.check_model(str(tiny_bundle / GRAPH), full_check=True)
    first = [value.type.tensor_type.shape.dim[0].dim_param for value in (*model.graph.input, *model.graph.output)]
    assert first == ["batch"] * 4


def test_metadata_as_onnx_reads_it(tiny_bundle: Path, model: onnx.ModelProto) -> None:
    expected = {entry.key: entry.value for entry in model.metadata_props}
    assert read_metadata(tiny_bundle / GRAPH) == expected
    assert expected == {
        "vigil.spec": (tiny_bundle / SPEC).read_text(),
        "vigil.weights_sha256": open_bundle(tiny_bundle).weights_sha256,
    }


def test_no_paths_of_the_machine(tiny_bundle: Path) -> None:
    data = (tiny_bundle / GRAPH).read_bytes()
    assert b".py" not in data
    assert b"site-packages" not in data
    assert b"/home" not in data
    assert b"torch.export" not in data
