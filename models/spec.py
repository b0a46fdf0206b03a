"""What a network is: heads, labels, input, thresholds. Kept as JSON beside the weights and in the ONNX metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import SpecMismatch


class Activation(StrEnum):
    """How a head's raw outputs become scores (LRP always starts from the raw output)."""

    SOFTMAX = "softmax"
    SIGMOID = "sigmoid"
    INTENSITY = "intensity"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadSpec:
    """One output of the network: (N, len(labels)) raw values.

    ``activations`` has one entry per label, or a single SOFTMAX for the whole head. INTENSITY clips to [0, 5].
    ``thresholds`` say from which score a label counts as present. ``temperature`` divides raw values first.
    """

    name: str
    labels: tuple[str, ...]
    activations: tuple[Activation, ...]
    thresholds: tuple[float, ...] = ()
    temperature: float = 1.0

    def __post_init__(self) -> None:
        softmax = self.activations == (Activation.SOFTMAX,)
        if not softmax and len(self.activations) != len(self.labels):
            raise SpecMismatch(f"head {self.name}: {len(self.labels)} labels but {len(self.activations)} activations")
        if self.thresholds and len(self.thresholds) != len(self.labels):
            raise SpecMismatch(f"head {self.name}: {len(self.labels)} labels but {len(self.thresholds)} thresholds")
        if not self.temperature > 0:
            raise SpecMismatch(f"head {self.name}: temperature must be > 0, got {self.temperature:g}")

    def scores(self, raw: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, L) raw outputs → (N, L) scores: probabilities, closed probability or intensity 0–5."""
        logits = raw.astype(np.float64)
        if self.activations == (Activation.SOFTMAX,):
            logits = logits / self.temperature
            odds = np.exp(logits - logits.max(axis=1, keepdims=True))
            return np.asarray(odds / odds.sum(axis=1, keepdims=True), dtype=np.float32)
        intensity = np.minimum(np.maximum(logits, 0.0), 5.0)
        if Activation.SIGMOID not in self.activations:
            return intensity.astype(np.float32)
        closed = [activation is Activation.SIGMOID for activation in self.activations]
        odds = 1.0 / (1.0 + np.exp(-np.minimum(np.maximum(logits / self.temperature, -60.0), 60.0)))
        return np.where(closed, odds, intensity).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A network's contract. ``neutral_prior`` is {AU: (mean, deviation)} of its scores over many neutral faces."""

    model_id: str
    architecture: str
    width: int
    input_px: int
    input_channels: int
    normalisation: str
    crop: str
    heads: tuple[HeadSpec, ...]
    neutral_prior: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    calibrated: bool = False
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, size in (("width", self.width), ("input_px", self.input_px), ("input_channels", self.input_channels)):
            if not isinstance(size, int) or size < 1:
                raise SpecMismatch(f"{self.model_id}: {name} must be a whole number >= 1, got {size!r}")
        if not self.model_id:
            raise SpecMismatch("model_id must not be empty")
        names = [head.name for head in self.heads]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise SpecMismatch(f"{self.model_id}: two heads called {twice}")

    def head(self, name: str) -> HeadSpec:
        """The head called ``name``; SpecMismatch when the network has none."""
        for head in self.heads:
            if head.name == name:
                return head
        raise SpecMismatch(f"{self.model_id}: network has no head {name!r}, only {[h.name for h in self.heads]}")

    def require_crop(
        self,
        size: int,
        crop: str = "eyes-nose-1",
        *,
        normalisation: str = "face-window-1",
        where: str | None = None,
    ) -> None:
        """SpecMismatch unless the network wants crops of side ``size`` as ``models.preprocess`` makes them.

        ``crop`` and ``normalisation`` are that module's names for what it does. ``where`` names the bundle in
        the message (the model's id without it).
        """
        name = where or self.model_id
        if self.input_px != size:
            raise SpecMismatch(f"{name}: network wants {self.input_px} px, crop gives {size}")
        if self.crop != crop:
            raise SpecMismatch(f"{name}: network wants crop {self.crop!r}, this program makes {crop!r}")
        if self.normalisation != normalisation:
            raise SpecMismatch(
                f"{name}: network wants input {self.normalisation!r}, this program makes {normalisation!r}"
            )

    def to_json(self) -> str:
        """Stable JSON, the same bytes for the same specification."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @staticmethod
    def from_json(text: str, *, source: str = "spec.json") -> ModelSpec:
        """Inverse of ``to_json``; SpecMismatch names ``source`` and what is missing or unknown."""
        try:
            data = json.loads(text)
            heads = tuple(
                HeadSpec(
                    name=head["name"],
                    labels=tuple(head["labels"]),
                    activations=tuple(Activation(a) for a in head["activations"]),
                    thresholds=tuple(float(t) for t in head.get("thresholds", ())),
                    temperature=float(head.get("temperature", 1.0)),
                )
                for head in data.pop("heads")
            )
            prior = {unit: (float(mean), float(dev)) for unit, (mean, dev) in data.pop("neutral_prior", {}).items()}
            return ModelSpec(heads=heads, neutral_prior=prior, **data)
        except SpecMismatch as error:
            raise SpecMismatch(f"{source}: {error}") from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SpecMismatch(f"{source}: not a model specification: {error}") from error


EMOTIONS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""FER+ order."""
AUS = ("AU01", "AU02", "AU04", "AU06", "AU07", "AU09", "AU10", "AU12", "AU25", "AU26", "AU27", "AU43")
"""Order of the ``au`` head of networks made by this program; a bundle says its own by ``spec.head("au").labels``."""
VISIBILITY = ("right_eye", "left_eye", "nose", "mouth")


def face_heads() -> tuple[HeadSpec, ...]:
    """Heads of the shipped face network: ``emotion``, ``au`` and ``visibility``."""
    au_activations = tuple(Activation.SIGMOID if unit == "AU43" else Activation.INTENSITY for unit in AUS)
    return (
        HeadSpec(name="emotion", labels=EMOTIONS, activations=(Activation.SOFTMAX,)),
        HeadSpec(
            name="au",
            labels=AUS,
            activations=au_activations,
            thresholds=tuple(0.5 if unit == "AU43" else 1.0 for unit in AUS),
        ),
        HeadSpec(
            name="visibility",
            labels=VISIBILITY,
            activations=(Activation.SIGMOID,) * len(VISIBILITY),
            thresholds=(0.5,) * len(VISIBILITY),
        ),
    )
