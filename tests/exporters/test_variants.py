"""float16 and int8 bundles: small, bound to the weights they came from, and explained by what they really compute."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")

from onnx import numpy_helper  # noqa: E402
from tiny_bundle import make_tiny_variants, tiny_network, tiny_spec  # noqa: E402

import exporters.variants as exporting  # noqa: E402
from exporters.figures import decisions  # noqa: E402
from exporters.parity import certify, cpu_session  # noqa: E402
from exporters.photograph import photograph_crops  # noqa: E402
from exporters.trial import photograph_trial, trial_of  # noqa: E402
from models.bundle import (  # noqa: E402
    CARD,
    FILES,
    GRAPH,
    PARITY,
    SPEC,
    VARIANTS,
    WEIGHTS,
    Precision,
    open_bundle,
    write_manifest,
)
from models.errors import BundleCorrupt, ParityFailed, SpecMismatch  # noqa: E402
from models.preprocess import to_input  # noqa: E402
from models.weights import load_network  # noqa: E402

DERIVED = (Precision.FLOAT16, Precision.INT8)


@pytest.fixture(scope="module")
def variants(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return make_tiny_variants(tiny_bundle, tmp_path_factory.mktemp("variants"))


@pytest.fixture(scope="module")
def measured(tiny_bundle: Path, variants: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An int8 bundle from the whole comparison; the slow parts (tracing, many rounds of timing) are cut short."""

    def fill(folder: Path, *_: object) -> None:
        shutil.copytree(tiny_bundle, folder, dirs_exist_ok=True)

    def derived(folder: Path, graph: object, spec: object, precision: Precision, **_: object) -> torch.nn.Module:
        shutil.copytree(variants[precision], folder, dirs_exist_ok=True)
        return load_network(open_bundle(folder))

    out = tmp_path_factory.mktemp("measured") / "bundle"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "fill", fill)
        patch.setattr(exporting, "folded_graph", lambda network, spec: None)
        patch.setattr(exporting, "fill_derived", derived)
        patch.setattr("exporters.pace._ROUNDS", 3)
        exporting.export_measured(tiny_network(), tiny_spec(), out, photograph_trial(112), wanted=Precision.INT8)
    return out


@pytest.mark.parametrize("precision", DERIVED)
def test_variant_knows_what_it_is(variants: dict[str, Path], tiny_bundle: Path, precision: Precision) -> None:
    bundle, source = open_bundle(variants[precision]), open_bundle(tiny_bundle)
    assert bundle.precision is precision
    assert bundle.spec.model_id == f"tiny-untrained-{precision}"
    assert bundle.source_weights_sha256 == source.weights_sha256 != bundle.weights_sha256
    assert bundle.explained_weights == f"dequantised {precision} weights"
    assert (source.precision, source.source_weights_sha256, source.explained_weights) == ("float32", None, "")


def test_sizes(variants: dict[str, Path], tiny_bundle: Path) -> None:
    def weights(folder: Path) -> int:
        return (folder / WEIGHTS).stat().st_size

    assert weights(variants[Precision.FLOAT16]) < 0.55 * weights(tiny_bundle)
    assert weights(variants[Precision.INT8]) < 0.5 * weights(tiny_bundle)  # a quarter, and scales, which width 8 shows


@pytest.mark.parametrize("precision", DERIVED)
def test_weights_are_stored_once(variants: dict[str, Path], precision: Precision) -> None:
    graph = onnx.load(variants[precision] / GRAPH, load_external_data=False).graph
    inline = [tensor for tensor in graph.initializer if tensor.data_location != onnx.TensorProto.EXTERNAL]
    assert sum(len(tensor.raw_data) for tensor in inline) < 400
    assert {entry.value for t in graph.initializer for entry in t.external_data if entry.key == "location"} == {WEIGHTS}


def test_int8_weights_are_integers_but_for_the_heads(variants: dict[str, Path]) -> None:
    graph = onnx.load(variants[Precision.INT8] / GRAPH).graph
    kinds = {tensor.name: numpy_helper.to_array(tensor).dtype for tensor in graph.initializer}
    assert sum(dtype == np.int8 and name.endswith("weight_quantized") for name, dtype in kinds.items()) == 20
    assert {name for name in kinds if name.endswith(".weight")} == {
        f"heads.{head}.weight" for head in ("emotion", "au", "visibility")
    }


@pytest.mark.parametrize(("precision", "closeness"), [(Precision.FLOAT16, 0.005), (Precision.INT8, 0.1)])
def test_explained_network_is_the_deployed_one(
    variants: dict[str, Path], precision: Precision, closeness: float
) -> None:
    """The network of dequantised weights computes what the graph computes, up to the rounding of activations."""
    inputs = to_input(photograph_crops(112, 5))
    bundle = open_bundle(variants[precision])
    network = load_network(bundle)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in network.modules())
    assert all(tensor.dtype == torch.float32 for tensor in network.state_dict().values())
    with torch.no_grad():
        explained = network(torch.from_numpy(inputs))
        original = tiny_network()(torch.from_numpy(inputs))
    deployed = cpu_session(bundle.graph).run(None, {"crop": inputs})
    for one, other, exact in zip(explained, deployed, original, strict=True):
        span = float(exact.abs().max())
        assert float(np.abs(one.numpy() - other).max()) < closeness * span
        assert 0 < float((one - exact).abs().max()) < closeness * span  # dequantised, not the float32 weights


def test_int8_weights_mean_what_the_graph_says(variants: dict[str, Path]) -> None:
    """q · scale per output channel, within half a step of the folded float32 weight."""
    from models.folding import folded

    network = load_network(open_bundle(variants[Precision.INT8]))
    exact = folded(tiny_network()).state_dict()
    for name, tensor in network.state_dict().items():
        if name.startswith("heads."):
            assert torch.equal(tensor, exact[name]), name
        elif name.endswith("weight"):
            step = exact[name].flatten(1).abs().max(dim=1).values / 127
            assert bool(((tensor - exact[name]).flatten(1).abs().max(dim=1).values <= 0.51 * step).all()), name


@pytest.mark.parametrize("name", [WEIGHTS, GRAPH, SPEC, PARITY])
@pytest.mark.parametrize("sealed", [False, True])
def test_a_mixture_of_variants_is_refused(
    variants: dict[str, Path], tiny_bundle: Path, tmp_path: Path, name: str, sealed: bool
) -> None:
    mixed = Path(shutil.copytree(variants[Precision.INT8], tmp_path / "mixed"))
    shutil.copy(tiny_bundle / name, mixed / name)
    if sealed:
        write_manifest(mixed, "mixed")
    with pytest.raises((BundleCorrupt, SpecMismatch)) as refusal:
        open_bundle(mixed)
    assert "\n" not in str(refusal.value)
    assert (GRAPH if sealed and name != PARITY else name) in str(refusal.value)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"vigil.precision": "int3"}, SpecMismatch, "precision 'int3', this program reads float32, float16, int8"),
        ({"vigil.source_weights_sha256": None}, BundleCorrupt, "does not say from which float32 weights"),
        ({"vigil.precision": None}, BundleCorrupt, "float32, but does not say"),
    ],
)
def test_a_graph_that_hides_its_origin_is_refused(
    variants: dict[str, Path], tmp_path: Path, change: dict[str, str | None], error: type, message: str
) -> None:
    copied = Path(shutil.copytree(variants[Precision.INT8], tmp_path / "copied"))
    graph = onnx.load(copied / GRAPH, load_external_data=False)
    metadata = {entry.key: entry.value for entry in graph.metadata_props} | change
    del graph.metadata_props[:]
    onnx.helper.set_model_props(graph, {key: value for key, value in metadata.items() if value is not None})
    (copied / GRAPH).write_bytes(graph.SerializeToString())
    write_manifest(copied, "copied")
    with pytest.raises(error, match=message):
        open_bundle(copied)


def test_report_holds_every_figure(measured: Path) -> None:
    bundle = open_bundle(measured)
    assert set(bundle.files) == {*FILES, VARIANTS}
    assert bundle.precision is Precision.INT8
    assert "This bundle is **int8**: asked for" in (measured / CARD).read_text()
    report = json.loads((measured / VARIANTS).read_text())
    assert report["precision"] == "int8"
    assert report["because"].startswith("asked for; measurement picks ")
    assert "public-domain photograph" in report["calibration"]["crops"]
    assert set(report["variants"]) == set(Precision)
    for name, one in report["variants"].items():
        assert set(one["ms"]) == {"1", "2"}
        assert all(figure["cpu_ms"] > 0 and figure["wall_ms"] > 0 for figure in one["ms"].values())
        assert set(one["agreement"]) == set(one["error"]) == {"emotion", "au", "visibility"}
        assert one["n"] == 64
        assert one["accuracy"] is None
        assert (one["error"]["au"]["max_absolute"] == 0) is (name == "float32")
    exact = report["variants"]["float32"]
    assert exact["agreement"] == {"emotion": 1.0, "au": 1.0, "visibility": 1.0}
    assert exact["ms"]["1"]["ratio"] == exact["ms"]["2"]["ratio"] == 1.0
    assert report["variants"]["int8"]["bytes"] < report["variants"]["float16"]["bytes"] < exact["bytes"]


def test_a_variant_that_strays_is_left_out_unless_it_was_asked_for(
    tiny_bundle: Path, variants: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def derived(folder: Path, graph: object, spec: object, precision: Precision, **_: object) -> torch.nn.Module:
        if precision is Precision.INT8:
            raise ParityFailed("tiny-int8: head emotion: relative error 0.5 exceeds 0.25; no bundle was written")
        shutil.copytree(variants[precision], folder, dirs_exist_ok=True)
        return load_network(open_bundle(folder))

    monkeypatch.setattr(exporting, "fill", lambda folder, *_: shutil.copytree(tiny_bundle, folder, dirs_exist_ok=True))
    monkeypatch.setattr(exporting, "folded_graph", lambda network, spec: None)
    monkeypatch.setattr(exporting, "fill_derived", derived)
    monkeypatch.setattr("exporters.pace._ROUNDS", 3)
    trial = photograph_trial(112)
    report = exporting.export_measured(tiny_network(), tiny_spec(), tmp_path / "auto", trial, wanted=None)
    assert set(report["variants"]) == {"float32", "float16"}
    assert report["refused"] == {"int8": "tiny-int8: head emotion: relative error 0.5 exceeds 0.25"}
    assert "int8 was left out: tiny-int8" in (tmp_path / "auto" / CARD).read_text(encoding="utf-8")
    with pytest.raises(ParityFailed, match="no bundle was written"):
        exporting.export_measured(tiny_network(), tiny_spec(), tmp_path / "asked", trial, wanted=Precision.INT8)
    assert not (tmp_path / "asked").exists()


def test_a_changed_report_is_refused(measured: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(measured, tmp_path / "copied"))
    (copied / VARIANTS).write_text("{}")
    with pytest.raises(BundleCorrupt, match=r"variants\.json: changed since export"):
        open_bundle(copied)


def test_a_graph_that_is_simply_wrong_is_not_written(variants: dict[str, Path]) -> None:
    bundle = open_bundle(variants[Precision.FLOAT16])
    network = load_network(bundle)
    network.get_parameter("heads.emotion.bias").data[0] += 3.0
    with pytest.raises(ParityFailed, match="head emotion, real crops, batch 1: relative error"):
        certify(network, bundle.spec, bundle.graph, photograph_crops(112, 2), Precision.FLOAT16)


def test_decisions_follow_the_heads() -> None:
    emotion, au, _ = tiny_spec().heads
    raw = np.array([[0.1, 3.0, 0, 0, 0, 0, 0, 0]], np.float32)
    assert decisions(emotion, raw).tolist() == [1]
    intensities = np.full((1, len(au.labels)), 0.9, np.float32)
    intensities[0, 0], intensities[0, -1] = 1.0, 0.1
    assert decisions(au, intensities).tolist() == [[True] + [False] * (len(au.labels) - 2) + [True]]


def test_calibration_and_measurement_share_no_crop(rng: np.random.Generator) -> None:
    crops = rng.integers(0, 256, (9, 112, 112, 3), dtype=np.uint8)
    landmarks = rng.uniform(0, 112, (9, 478, 2)).astype(np.float32)
    trial = trial_of(crops, landmarks)
    assert (len(trial.calibrating), len(trial.measured)) == (5, 4)
    calibrating = {crop.tobytes() for crop in trial.calibrating}
    assert not any(crop.tobytes() in calibrating for crop in trial.measured)
    assert np.array_equal(trial.landmarks, landmarks[1::2])
    assert trial.calibrated_on == "5 of the 9 crops given; measured on others"
    more = trial.with_faces(trial.calibrating[:2], np.array([3, 5]))
    assert more.truth.tolist() == [-1] * 4 + [3, 5]
    assert np.isnan(more.landmarks[4:]).all()
    with pytest.raises(SpecMismatch, match="at least two"):
        trial_of(crops[:1], None)


def test_mu_before_and_after(variants: dict[str, Path], rng: np.random.Generator) -> None:
    """Where an AU is claimed on a face with landmarks, each variant's μ ÷ chance is told."""
    from exporters.looking import claims, looking

    spec = tiny_spec()
    labels = spec.head("au").labels
    scores = np.zeros((4, len(labels)), np.float32)
    scores[:, labels.index("AU12")] = [2.0, 0.5, 3.0, 4.0]
    asked = claims(spec, scores, np.array([True, True, True, False]))
    assert asked == {0: ["AU12"], 2: ["AU12"]}
    crops = photograph_crops(112, 4)
    landmarks = rng.uniform(10, 100, (4, 478, 2)).astype(np.float32)
    before = looking(tiny_network(), spec, crops, landmarks, asked)
    after = looking(load_network(open_bundle(variants[Precision.INT8])), spec, crops, landmarks, asked)
    assert before["units"]["AU12"]["n"] == after["units"]["AU12"]["n"] == 2
    assert after["mu_over_chance"] == pytest.approx(before["mu_over_chance"], rel=0.1)
    assert looking(tiny_network(), spec, crops, landmarks, {}) == {}
