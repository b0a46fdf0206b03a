"""The real parts of the way of a frame, built from one configuration and closed together."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from models.bundle import Bundle, open_bundle
from monitor.alerts.policy import AlertPolicy
from monitor.assessor import Assessor
from monitor.classifier import Classifier
from monitor.config import VigilSettings
from monitor.errors import ServiceUnavailable
from monitor.face.assets import locate
from monitor.face.crop import crop_face
from monitor.face.finder import FaceFinder
from monitor.face.quality import covered
from monitor.pipeline import FrameSource, Pipeline
from monitor.sampler import Sampler
from monitor.sidecar.client import SidecarClient
from monitor.stage_clock import StageClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A pipeline and the parts that are asked about afterwards. ``explainer_missing`` says why there is none."""

    pipeline: Pipeline
    assessor: Assessor
    classifier: Classifier
    bundle: Bundle
    explainer: SidecarClient | None
    explainer_missing: str | None


def assemble(
    settings: VigilSettings,
    source: FrameSource,
    bundle_path: Path,
    stack: ExitStack,
    *,
    explain: bool,
    live: bool = False,
) -> Way:
    """Build all parts; what holds a machine resource is closed by ``stack``.

    ModelError for a bad bundle, ServiceUnavailable without landmark asset. A sidecar that cannot start is no error:
    everything else goes on and ``explainer_missing`` says why.
    """
    bundle = open_bundle(bundle_path)
    classifier = Classifier(bundle, settings=settings.classifier)
    asset = locate(settings.landmarker)
    finder = stack.enter_context(FaceFinder(asset, settings.face))
    explainer, missing = _explainer(settings, bundle_path, stack, live=live) if explain else (None, "turned off")
    assessor = Assessor(settings.judgement, bundle.spec.neutral_prior)
    pipeline = Pipeline(
        source=source,
        finder=finder,
        crop=crop_face,
        classifier=classifier,
        covered=covered,
        judge=assessor,
        alerts=AlertPolicy(settings.alerts, test=not live),
        sampler=Sampler(settings.sampling) if explainer is not None else None,
        explainer=explainer,
        live=live,
        settings=settings.pipeline,
        stages=StageClock(),
    )
    return Way(
        pipeline=pipeline,
        assessor=assessor,
        classifier=classifier,
        bundle=bundle,
        explainer=explainer,
        explainer_missing=missing,
    )


def _explainer(
    settings: VigilSettings, bundle_path: Path, stack: ExitStack, *, live: bool
) -> tuple[SidecarClient | None, str | None]:
    client = SidecarClient(bundle_path, settings.sidecar, live=live)
    stack.callback(client.close)
    try:
        client.start()
    except ServiceUnavailable as error:
        return None, str(error).removeprefix("no explanations: ")
    return client, None
