"""The classifier says what the network says, and refuses what does not fit."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from models.action_units import ActionUnit
from models.bundle import GRAPH, Bundle, open_bundle
from models.errors import BundleCorrupt, SpecMismatch
from models.preprocess import to_input
from models.spec import Activation, HeadSpec
from monitor.classifier import Classifier, ClassifierSettings, covered_units
from monitor.errors import ConfigurationError
from monitor.records import FaceCrop, FaceObservation, FaceRegion, Pose, Quality


@pytest.fixture(scope="module")
def bundle(tiny_bundle: Path) -> Bundle:
    return open_bundle(tiny_bundle)


@pytest.fixture(scope="module")
def classifier(bundle: Bundle) -> Classifier:
    return Classifier(bundle, threads=1)


Face = Callable[..., tuple[FaceObservation, FaceCrop]]


@pytest.fixture
def face(rng: np.random.Generator) -> Face:
    def make(frame_id: int = 7, size: int = 112) -> tuple[FaceObservation, FaceCrop]:
        landmarks = np.zeros((478, 2), dtype=np.float32)
        observation = FaceObservation(
            frame_id=frame_id,
            source_id="bed-1",
            captured_s=0.25 * frame_id,
            captured_at=datetime(2026, 11, 21, tzinfo=UTC),
            track_id=3,
            resident=True,
            box=(0.0, 0.0, 100.0, 100.0),
            landmarks=landmarks,
            pose=Pose(yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0),
            quality=Quality(),
        )
        pixels = rng.integers(0, 256, (size, size, 3), dtype=np.uint8)
        crop = FaceCrop(frame_id=frame_id, track_id=3, pixels=pixels, to_frame=np.eye(2, 3), landmarks=landmarks)
        return observation, crop

    return make


def test_prediction_is_the_networks_word(classifier: Classifier, bundle: Bundle, face: Face) -> None:
    torch = pytest.importorskip("torch")
    from models.weights import load_network

    observation, crop = face()
    (prediction,) = classifier.classify([(observation, crop)])
    with torch.no_grad():
        raw = [head.numpy() for head in load_network(bundle)(torch.from_numpy(to_input(crop.pixels[None])))]
    for head, values, named in zip(
        bundle.spec.heads, raw, (prediction.emotions, prediction.aus, prediction.visibility), strict=True
    ):
        assert list(named) == list(head.labels)
        assert np.allclose(list(named.values()), head.scores(values)[0], atol=1e-5)
    assert (prediction.frame_id, prediction.source_id, prediction.track_id) == (7, "bed-1", 3)
    assert (prediction.captured_s, prediction.captured_at) == (observation.captured_s, observation.captured_at)
    assert prediction.model_id == classifier.model_id == "tiny-untrained"
    assert prediction.calibrated is False


def test_any_batch_in_order(classifier: Classifier, face: Face) -> None:
    faces = [face(frame_id) for frame_id in range(5)]
    together = classifier.classify(faces)
    assert [prediction.frame_id for prediction in together] == [0, 1, 2, 3, 4]
    for one, pair in zip(together, faces, strict=True):
        (alone,) = classifier.classify([pair])
        assert np.allclose(list(one.aus.values()), list(alone.aus.values()), atol=1e-5)
    assert len({tuple(prediction.emotions.values()) for prediction in together}) == 5
    assert classifier.classify([]) == []


def test_same_crop_same_bytes(classifier: Classifier, bundle: Bundle, face: Face) -> None:
    pair = face()
    first = classifier.classify([pair])
    assert classifier.classify([pair]) == first == Classifier(bundle, threads=1).classify([pair])


def test_covered_region_makes_pspi_not_computable(bundle: Bundle, face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
    pair, classifier = face(), Classifier(bundle)
    monkeypatch.setattr("monitor.classifier.hidden_regions", lambda visibility: frozenset())
    (seen,) = classifier.classify([pair])
    assert seen.pspi.value is not None
    monkeypatch.setattr("monitor.classifier.hidden_regions", frozenset)
    (hidden,) = classifier.classify([pair])
    assert hidden.pspi.value is None
    assert ActionUnit.AU43 in hidden.pspi.missing
    assert hidden.aus == seen.aus


def test_only_units_of_the_hidden_region_count_as_covered() -> None:
    units = [ActionUnit.AU04, ActionUnit.AU12, ActionUnit.AU25, ActionUnit.AU43]
    assert covered_units(units, set()) == []
    assert covered_units(units, {FaceRegion.MOUTH.value}) == [ActionUnit.AU12, ActionUnit.AU25]
    assert ActionUnit.AU43 in covered_units(units, {FaceRegion.LEFT_EYE.value})
    assert ActionUnit.AU12 not in covered_units(units, {FaceRegion.LEFT_EYE.value})


def test_crop_of_another_size_is_refused(classifier: Classifier, bundle: Bundle, face: Face) -> None:
    with pytest.raises(SpecMismatch, match=r"tiny: network wants 112 px, crop gives 96$"):
        classifier.classify([face(), face(size=96)])


def test_network_for_another_crop_is_refused(bundle: Bundle) -> None:
    with pytest.raises(SpecMismatch, match=r"tiny: network wants 96 px, crop gives 112$") as refusal:
        Classifier(replace(bundle, spec=replace(bundle.spec, input_px=96)))
    assert refusal.value.exit_code == 65
    with pytest.raises(SpecMismatch, match="network wants crop 'box', this program makes 'eyes-nose-1'"):
        Classifier(replace(bundle, spec=replace(bundle.spec, crop="box")))
    with pytest.raises(SpecMismatch, match="network wants input 'raw', this program makes 'face-window-1'"):
        Classifier(replace(bundle, spec=replace(bundle.spec, normalisation="raw")))


def test_graph_that_disagrees_with_its_specification_is_refused(bundle: Bundle) -> None:
    emotion, au, visibility = bundle.spec.heads
    short = replace(emotion, labels=emotion.labels[:7])
    pain = HeadSpec(name="pain", labels=("pain",), activations=(Activation.SIGMOID,))
    renamed = replace(au, labels=("AU99", *au.labels[1:]))
    for heads, message in (
        ((short, au, visibility), "head emotion wants 7 values, the graph gives 8"),
        ((emotion, au, visibility, pain), "head pain wants 1 values, the graph has no such output"),
        ((emotion, renamed, visibility), "head au has an unknown label 'AU99'"),
        ((emotion, visibility), "network has no head 'au'"),
    ):
        with pytest.raises(SpecMismatch, match=message):
            Classifier(replace(bundle, spec=replace(bundle.spec, heads=heads)))
    with pytest.raises(
        SpecMismatch, match=r"takes \['batch', 1, 112, 112\], the specification says \[N, 3, 112, 112\]"
    ):
        Classifier(replace(bundle, spec=replace(bundle.spec, input_channels=3)))


def test_graph_that_does_not_load_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(bundle.path, tmp_path / "broken"))
    (broken / GRAPH).write_bytes(b"no graph")
    with pytest.raises(BundleCorrupt, match=r"model\.onnx: ONNX Runtime cannot load it"):
        Classifier(replace(bundle, path=broken))


def test_providers_are_the_sessions_own(bundle: Bundle) -> None:
    assert Classifier(bundle, providers=["CPUExecutionProvider"]).providers == ("CPUExecutionProvider",)
    with pytest.raises(ConfigurationError, match="no provider 'NoSuchExecutionProvider', only cpu, cuda, tensorrt"):
        Classifier(bundle, providers=["NoSuchExecutionProvider"])


def test_settings_are_checked() -> None:
    with pytest.raises(ConfigurationError, match=r"classifier\.threads: must"):
        ClassifierSettings(threads=0)


def test_quiet_and_without_torch(bundle: Bundle) -> None:
    program = (
        "import sys; from pathlib import Path; from models.bundle import open_bundle\n"
        "from monitor.classifier import Classifier\n"
        f"print(Classifier(open_bundle(Path({str(bundle.path)!r}))).providers[-1])\n"
        "print(sorted({'torch', 'onnx', 'safetensors'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["CPUExecutionProvider", "[]"]
