"""``vigil export`` from a checkpoint's folder, as a user calls it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from exporters.command import export
from exporters.trial import read_crops
from models.bundle import CARD, GRAPH, SPEC, VARIANTS, WEIGHTS, Precision, open_bundle
from models.errors import DataMissing, ModelError, PartMissing, SpecMismatch
from models.spec import ModelSpec

app = typer.Typer()
app.command()(export)


@pytest.fixture
def checkpoint(tiny_bundle: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    for name in (SPEC, WEIGHTS):
        shutil.copy(tiny_bundle / name, folder)
    (folder / CARD).write_text("# Trained on nothing\n")
    return folder


def test_checkpoint_becomes_a_bundle(checkpoint: Path, tmp_path: Path, tiny_bundle: Path) -> None:
    crops = tmp_path / "crops.npz"
    np.savez(crops, crops=np.random.default_rng(1).integers(0, 256, (3, 112, 112), dtype=np.uint8))
    out = tmp_path / "deep" / "bundle"
    result = CliRunner().invoke(app, [str(checkpoint), "--out", str(out), "--crops", str(crops)])
    assert result.exception is None, result.output
    assert "tiny-untrained, torch and ONNX Runtime agree within" in result.output
    assert open_bundle(out).weights_sha256 == open_bundle(tiny_bundle).weights_sha256
    assert (out / CARD).read_text() == "# Trained on nothing\n"


@pytest.mark.parametrize(
    ("damage", "error", "message"),
    [
        (shutil.rmtree, DataMissing, r"spec\.json: No such file"),
        (lambda folder: (folder / WEIGHTS).unlink(), DataMissing, r"weights\.safetensors: No such file"),
        (lambda folder: (folder / SPEC).write_bytes(b"\xff{"), SpecMismatch, r"spec\.json: not a model spec"),
        (lambda folder: (folder / WEIGHTS).write_bytes(b"x" * 99), ModelError, "cannot be read as safetensors"),
    ],
)
def test_bad_checkpoints(checkpoint: Path, tmp_path: Path, damage, error: type[ModelError], message: str) -> None:
    damage(checkpoint)
    result = CliRunner().invoke(app, [str(checkpoint), "--out", str(tmp_path / "bundle")])
    with pytest.raises(error, match=message):
        raise result.exception
    assert not (tmp_path / "bundle").exists()


def test_without_torch_one_line_names_the_extra(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "exporters.export", None)
    result = CliRunner().invoke(app, [str(checkpoint), "--out", str(tmp_path / "bundle")])
    with pytest.raises(PartMissing, match=r"pip install 'vigil\[explain,export\]'"):
        raise result.exception


def test_crop_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="no such file"):
        read_crops(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("not an archive")
    with pytest.raises(SpecMismatch, match=r"want an \.npz file with an array 'crops'"):
        read_crops(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", pictures=np.zeros(3))
    with pytest.raises(SpecMismatch, match=r"want an \.npz file with an array 'crops'"):
        read_crops(tmp_path / "other.npz")
    np.savez(tmp_path / "few.npz", crops=np.zeros((3, 112, 112), np.uint8), landmarks=np.zeros((2, 478, 2)))
    with pytest.raises(SpecMismatch, match=r"few\.npz: landmarks are \(2, 478, 2\), want \(3, 478, 2\)"):
        read_crops(tmp_path / "few.npz")
    np.save(tmp_path / "plain.npy", np.zeros(3))
    with pytest.raises(SpecMismatch, match=r"want an \.npz file with an array 'crops'"):
        read_crops(tmp_path / "plain.npy")


def test_variants_are_measured_and_one_is_written(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labelled faces in the FER+ layout are measured whatever precision is asked for."""
    monkeypatch.setattr("exporters.pace._ROUNDS", 3)
    rng = np.random.default_rng(3)
    votes = np.zeros((6, 10), np.uint8)
    votes[np.arange(6), np.arange(6)] = 10
    labelled = tmp_path / "faces.npz"
    np.savez(labelled, images=rng.integers(0, 256, (6, 48, 48), dtype=np.uint8), votes=votes)
    out = tmp_path / "bundle"
    result = CliRunner().invoke(
        app, [str(checkpoint), "--out", str(out), "--precision", "float16", "--accuracy", str(labelled)]
    )
    assert result.exception is None, result.output
    lines = result.output.splitlines()
    assert lines[0].split()[:2] == ["variant", "MB"]
    assert [line.split()[0] for line in lines[1:4]] == ["float32", "float16", "int8"]
    assert lines[4].startswith(f"{out}: float16: asked for; measurement picks ")
    bundle = open_bundle(out)
    assert (bundle.precision, bundle.spec.model_id) == ("float16", "tiny-untrained-float16")
    report = json.loads((out / VARIANTS).read_text())
    assert {name: one["accuracy"]["n"] for name, one in report["variants"].items()} == dict.fromkeys(Precision, 6)
    card = (out / CARD).read_text()
    assert card.startswith("# Trained on nothing\n")
    assert "This bundle is **float16**" in card
    assert "dequantised float16 weights" in card


@pytest.mark.parametrize(
    ("option", "error", "message"),
    [
        ("--accuracy", DataMissing, "none: FER"),
        ("--landmarker", DataMissing, "none: face landmarker not found"),
        ("--crops", DataMissing, "none: no such file"),
    ],
)
def test_files_that_are_not_there(
    checkpoint: Path, tmp_path: Path, option: str, error: type[ModelError], message: str
) -> None:
    result = CliRunner().invoke(
        app, [str(checkpoint), "--out", str(tmp_path / "b"), "--precision", "auto", option, str(tmp_path / "none")]
    )
    with pytest.raises(error, match=message):
        raise result.exception
    assert not (tmp_path / "b").exists()


@pytest.fixture(scope="module")
def own_network(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a user's own ONNX file, weights inside, of an architecture that this program does not know."""
    onnx = pytest.importorskip("onnx")
    folder = tmp_path_factory.mktemp("own")
    model = onnx.load(tiny_bundle / GRAPH)
    del model.metadata_props[:]
    model.graph.input[0].name = "picture"
    for node in model.graph.node:
        node.input[:] = ["picture" if name == "crop" else name for name in node.input]
    onnx.save(model, folder / GRAPH)
    spec = replace(open_bundle(tiny_bundle).spec, architecture="my_own", model_id="mine")
    (folder / SPEC).write_text(spec.to_json())
    return folder


def test_ones_own_onnx_network_becomes_a_bundle(own_network: Path, tiny_bundle: Path, tmp_path: Path) -> None:
    from models.drop_in import lacks
    from monitor.classifier import Classifier

    out = tmp_path / "bundle"
    result = CliRunner().invoke(app, [str(own_network), "--out", str(out)])
    assert result.exception is None, result.output
    assert "mine, the network given and the bundle agree within" in result.output
    bundle = open_bundle(out)
    inputs = np.random.default_rng(1).standard_normal((2, 1, 112, 112), dtype=np.float32)
    expected = Classifier(open_bundle(tiny_bundle), threads=1).scores(inputs)
    for name, scores in Classifier(bundle, threads=1).scores(inputs).items():
        np.testing.assert_array_equal(scores, expected[name])
    assert (out / GRAPH).stat().st_size < 30_000  # weights are stored once here too
    assert any("unknown architecture 'my_own'" in line for line in lacks(bundle))


@pytest.mark.parametrize(
    ("options", "change", "message"),
    [
        ([], {"input_channels": 3}, "network wants 3 channels"),
        ([], {"heads": "short"}, "head emotion wants 7 values, the graph gives 8"),
        ([], {"heads": "more"}, "head pain wants 8 values, the graph has no such output"),
        (["--precision", "int8"], {}, r"model\.onnx: is taken as it is"),
        ([], {"graph": b"no network"}, r"model\.onnx: cannot be read as an ONNX network"),
    ],
)
def test_ones_own_network_that_does_not_fit(
    own_network: Path, tmp_path: Path, options: list[str], change: dict, message: str
) -> None:
    folder = Path(shutil.copytree(own_network, tmp_path / "own"))
    spec = ModelSpec.from_json((folder / SPEC).read_text())
    emotion, *others = spec.heads
    if "graph" in change:
        (folder / GRAPH).write_bytes(change["graph"])
        change = {}
    heads = {
        "short": (replace(emotion, labels=emotion.labels[:7]), *others),
        "more": (*spec.heads, replace(emotion, name="pain")),
    }
    changes = {key: heads.get(value, value) for key, value in change.items()}
    (folder / SPEC).write_text(replace(spec, **changes).to_json())
    result = CliRunner().invoke(app, [str(folder), "--out", str(tmp_path / "bundle"), *options])
    with pytest.raises(SpecMismatch, match=message) as refusal:
        raise result.exception
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "bundle").exists()
