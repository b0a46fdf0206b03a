"""The specification: JSON there and back, scores as documented, refusals in words."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from models.errors import SpecMismatch
from models.spec import AUS, EMOTIONS, Activation, HeadSpec, ModelSpec, face_heads


@pytest.fixture
def spec() -> ModelSpec:
    return ModelSpec(
        model_id="face-112",
        architecture="reduced_resnet18",
        width=8,
        input_px=112,
        input_channels=1,
        normalisation="face-window-1",
        crop="eyes-nose-1",
        heads=face_heads(),
        neutral_prior={"AU04": (0.5, 0.25)},
        notes={"seed": 3},
    )


def test_json_there_and_back(spec: ModelSpec) -> None:
    assert ModelSpec.from_json(spec.to_json()) == spec
    assert ModelSpec.from_json(spec.to_json()).to_json() == spec.to_json()


@pytest.mark.parametrize("text", ["", "3", "[]", "{}", '{"heads": [{"name": "a"}]}', '{"heads": [], "width": 2}'])
def test_not_a_specification(text: str) -> None:
    with pytest.raises(SpecMismatch, match=r"^some/spec\.json: not a model specification"):
        ModelSpec.from_json(text, source="some/spec.json")


def test_unknown_activation_is_named(spec: ModelSpec) -> None:
    data = json.loads(spec.to_json())
    data["heads"][0]["activations"] = ["tanh"]
    with pytest.raises(SpecMismatch, match="tanh"):
        ModelSpec.from_json(json.dumps(data))


@pytest.mark.parametrize(
    ("field", "value"), [("width", "32"), ("width", 0), ("input_px", -1), ("input_channels", 1.5), ("model_id", "")]
)
def test_values_that_cannot_be_are_refused(spec: ModelSpec, field: str, value: object) -> None:
    data = json.loads(spec.to_json())
    data[field] = value
    with pytest.raises(SpecMismatch, match=field):
        ModelSpec.from_json(json.dumps(data))


def test_two_heads_of_one_name_are_refused(spec: ModelSpec) -> None:
    with pytest.raises(SpecMismatch, match="two heads called emotion"):
        replace(spec, heads=(spec.heads[0], spec.heads[0]))


@pytest.mark.parametrize("field", ["activations", "thresholds"])
def test_one_entry_per_label(field: str) -> None:
    sigmoid: dict[str, tuple[object, ...]] = {"activations": (Activation.SIGMOID,) * 2, "thresholds": (0.5,) * 2}
    sigmoid[field] = sigmoid[field][:1]
    with pytest.raises(SpecMismatch, match=f"head au: 2 labels but 1 {field}"):
        HeadSpec(name="au", labels=("AU04", "AU06"), **sigmoid)


def test_temperature_must_be_positive() -> None:
    with pytest.raises(SpecMismatch, match="temperature must be > 0, got 0"):
        HeadSpec(name="a", labels=("x",), activations=(Activation.SIGMOID,), temperature=0.0)


def test_emotions_sum_to_one_and_temperature_softens(rng: np.random.Generator) -> None:
    raw = rng.normal(scale=200, size=(5, len(EMOTIONS))).astype(np.float32)
    head = face_heads()[0]
    scores = head.scores(raw)
    assert np.allclose(scores.sum(axis=1), 1.0, atol=1e-6)
    assert (scores.argmax(axis=1) == raw.argmax(axis=1)).all()
    assert (replace(head, temperature=100.0).scores(raw).max(axis=1) < scores.max(axis=1)).all()


def test_intensity_is_clipped_and_closure_is_a_probability() -> None:
    raw = np.zeros((1, len(AUS)), dtype=np.float32)
    raw[0, :3] = (-2.0, 3.25, 9.0)
    scores = face_heads()[1].scores(raw)
    assert scores[0, :3].tolist() == [0.0, 3.25, 5.0]
    assert scores[0, AUS.index("AU43")] == 0.5
    raw[0, AUS.index("AU43")] = 1e6
    assert face_heads()[1].scores(raw)[0, AUS.index("AU43")] == 1.0


def test_crop_of_another_size_is_refused(spec: ModelSpec) -> None:
    spec.require_crop(112)
    with pytest.raises(SpecMismatch, match=r"^models/zoo/face-112: network wants 112 px, crop gives 96$"):
        spec.require_crop(96, where="models/zoo/face-112")
    with pytest.raises(SpecMismatch, match="network wants crop 'eyes-nose-1', this program makes 'box'"):
        spec.require_crop(112, "box")
    with pytest.raises(SpecMismatch, match="network wants input 'face-window-1', this program makes 'raw'"):
        spec.require_crop(112, normalisation="raw")


def test_missing_head_is_named(spec: ModelSpec) -> None:
    with pytest.raises(SpecMismatch, match="no head 'pain', only"):
        spec.head("pain")
