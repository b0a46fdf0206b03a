"""Aligned crops → Predictions, by one ONNX Runtime session over the bundle's graph. No torch."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from models.action_units import ActionUnit, pspi
from models.bundle import Bundle
from models.errors import BundleCorrupt
from models.fitness import LOAD_ERRORS, require_crop, require_fit
from models.onnx_runtime import onnxruntime, session_options
from models.preprocess import CROP, NORMALISATION, to_input
from models.regions import UNIT_REGIONS
from models.spec import ModelSpec
from monitor.errors import ConfigurationError
from monitor.face.visibility import hidden_regions
from monitor.providers import CPU, SHORT, Option, full_name, options_for, usable_providers, why_not
from monitor.records import FaceCrop, FaceObservation, FaceRegion, Prediction

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierSettings:
    """``threads`` per crop; ``providers`` empty: CUDA where it works, else CPU.

    ``providers`` are tried in order: ``tensorrt``, ``cuda``, ``cpu`` or any name that ONNX Runtime gives; the CPU is
    always last. One that does not start is passed over with a line in the log. ``provider_options`` are ONNX
    Runtime's own, per provider: ``{"cuda": {"device_id": 1}}``.
    """

    threads: int = 2
    providers: tuple[str, ...] = ()
    provider_options: Mapping[str, Mapping[str, Option]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ConfigurationError(f"classifier.threads: must be >= 1, got {self.threads}")
        for setting in ("providers", "provider_options"):
            for name in getattr(self, setting):
                if full_name(name) is None:
                    raise ConfigurationError(f"classifier.{setting}: no provider {name!r}, only {', '.join(SHORT)}")


class Classifier:
    """The deployed network. One session, shared by all sources; ``classify`` takes any number of crops at once."""

    def __init__(
        self,
        bundle: Bundle,
        *,
        providers: Sequence[str] | None = None,
        threads: int | None = None,
        settings: ClassifierSettings | None = None,
    ) -> None:
        """Loads the graph of a verified bundle; ``providers`` and ``threads`` override the settings.

        SpecMismatch when graph, specification and the crop of this program do not fit, BundleCorrupt when ONNX
        Runtime cannot take the graph, ConfigurationError for a provider that there is not. The attribute
        ``providers`` says what the session really runs on.
        """
        given = settings or ClassifierSettings()
        self._settings = given if providers is None else replace(given, providers=tuple(providers))
        self._path = bundle.path
        self.spec: ModelSpec = bundle.spec
        require_crop(bundle)
        self._session = _session(bundle, self._settings, threads or self._settings.threads)
        self.providers: tuple[str, ...] = tuple(self._session.get_providers())
        require_fit(self._session, bundle)
        self._input = self._session.get_inputs()[0].name

    @property
    def model_id(self) -> str:
        """Name of the network, as every Prediction carries it."""
        return self.spec.model_id

    def classify(self, crops: Sequence[tuple[FaceObservation, FaceCrop]]) -> list[Prediction]:
        """One Prediction per crop, in order; one forward for all. SpecMismatch when a crop has another size."""
        if not crops:
            return []
        for _, crop in crops:
            self.spec.require_crop(crop.pixels.shape[0], CROP, normalisation=NORMALISATION, where=str(self._path))
        scores = self.scores(to_input(np.stack([crop.pixels for _, crop in crops])))
        return [self._prediction(face, scores, row) for row, (face, _) in enumerate(crops)]

    def scores(self, inputs: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """(N, C, S, S) network input → (N, L) scores per head, as ``HeadSpec.scores`` defines them."""
        raw = self._session.run([head.name for head in self.spec.heads], {self._input: inputs})
        return {head.name: head.scores(values) for head, values in zip(self.spec.heads, raw, strict=True)}

    def _prediction(self, face: FaceObservation, scores: Mapping[str, NDArray[np.float32]], row: int) -> Prediction:
        named = {
            head.name: {label: float(score) for label, score in zip(head.labels, scores[head.name][row], strict=True)}
            for head in self.spec.heads
        }
        aus = {ActionUnit(label): score for label, score in named["au"].items()}
        visibility = {FaceRegion(label): score for label, score in named.get("visibility", {}).items()}
        hidden = {region.value for region in hidden_regions(visibility)}
        return Prediction(
            frame_id=face.frame_id,
            source_id=face.source_id,
            captured_s=face.captured_s,
            captured_at=face.captured_at,
            track_id=face.track_id,
            emotions=named["emotion"],
            aus=aus,
            visibility=visibility,
            pspi=pspi(aus, covered_units(aus, hidden)),
            calibrated=self.spec.calibrated,
            model_id=self.spec.model_id,
        )


def covered_units(units: Iterable[ActionUnit], hidden: set[str]) -> list[ActionUnit]:
    """Those of ``units`` that need a region named in ``hidden``."""
    return [unit for unit in units if hidden.intersection(UNIT_REGIONS.get(unit, ()))]


def _session(bundle: Bundle, settings: ClassifierSettings, threads: int) -> onnxruntime.InferenceSession:
    """A session on the first of the wanted providers that starts, and one logged line about those that did not."""
    named = [full_name(name) or name for name in settings.providers] or list(usable_providers())
    wanted = list(dict.fromkeys((*named, CPU)))
    given = {full_name(name): options for name, options in settings.provider_options.items()}
    trouble = {name: reason for name in wanted if (reason := why_not(name))}
    while True:
        tried = [name for name in wanted if name not in trouble]
        chosen = [(name, options_for(name, given.get(name, {}), bundle)) for name in tried]
        try:
            session = onnxruntime.InferenceSession(
                str(bundle.graph), session_options(threads), providers=chosen, enable_fallback=0
            )
        except LOAD_ERRORS as error:
            if tried == [CPU]:
                raise BundleCorrupt(f"{bundle.graph}: ONNX Runtime cannot load it ({error})") from error
            trouble[tried[0]] = str(error)
            continue
        started = session.get_providers()
        trouble |= {name: "ONNX Runtime did not take it" for name in tried if name not in started}
        if trouble:
            reasons = "; ".join(f"{name} does not start here ({_line(why)})" for name, why in trouble.items())
            _log.warning("classifier: %s; running on %s", reasons, ", ".join(started))
        return session


def _line(reason: str) -> str:
    return " ".join(reason.split())
