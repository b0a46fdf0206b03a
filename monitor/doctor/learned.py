"""What vigil judges with: landmark asset, face finder, network, accelerator, explanations."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models.bundle import Bundle, default_bundle, open_bundle
from models.errors import ModelError
from models.preprocess import CROP_PX, to_input
from monitor.clock import perf_s
from monitor.doctor.finding import Finding, Verdict
from monitor.errors import VigilError
from monitor.face.assets import CONFIGURED_BY, PUBLISHED_SHA256, Origin, cached_path
from monitor.face.assets_builder import BUILT_SHA256
from monitor.ward.facility import FacilitySettings

AREA = "models"
_GET_IT = "run `vigil assets` once with network, or copy face_landmarker.task and set `landmarker`"
_PINNED = {Origin.PUBLISHED: PUBLISHED_SHA256, Origin.BUILT: BUILT_SHA256}


def learned(settings: FacilitySettings) -> Iterator[Finding]:
    """Nothing is fetched or built here; what the service would have to fetch is told."""
    asset, finding = _asset(settings.landmarker)
    yield finding
    if asset is not None:
        yield _faces(asset)
    try:
        bundle = open_bundle(settings.model or default_bundle())
    except ModelError as error:
        advice = "take another bundle, or install vigil anew for the one it ships"
        yield Finding(area=AREA, about="network", verdict=Verdict.WRONG, said=str(error), advice=advice)
    else:
        said = f"{bundle.spec.model_id}, hashes agree"
        yield Finding(area=AREA, about="network", verdict=Verdict.OK, said=said)
        yield _accelerator(bundle, settings)
    yield _explanations()


def _asset(configured: Path | None) -> tuple[Path | None, Finding]:
    """The asset's path when it can be used."""
    named = configured or (Path(os.environ[CONFIGURED_BY]) if os.environ.get(CONFIGURED_BY) else None)
    for path, wanted in [(named, None)] if named else [(cached_path(origin), _PINNED[origin]) for origin in _PINNED]:
        try:
            content = path.read_bytes()
        except OSError as error:
            if named is None:
                continue
            said = f"{path}: {error.strerror}"
            return None, Finding(area=AREA, about="landmark asset", verdict=Verdict.WRONG, said=said, advice=_GET_IT)
        if wanted is None or hashlib.sha256(content).hexdigest() == wanted:
            return path, Finding(area=AREA, about="landmark asset", verdict=Verdict.OK, said=str(path))
    said = "is not here; the service fetches or builds it when it starts, which needs network once"
    return None, Finding(area=AREA, about="landmark asset", verdict=Verdict.WARN, said=said, advice=_GET_IT)


def _faces(asset: Path) -> Finding:
    try:
        from monitor.face.geometry import Window
        from monitor.face.landmarks import Landmarker

        with Landmarker(asset, video=False) as landmarker:
            landmarker.detect(np.zeros((360, 640, 3), np.uint8), Window(0, 0, 640, 360))
    except (VigilError, ImportError, OSError, RuntimeError) as error:
        said = " ".join(str(error).split())
        advice = "MediaPipe needs libGL, libEGL and libGLES: apt-get install libgl1 libegl1 libgles2"
        return Finding(area=AREA, about="face finder", verdict=Verdict.WRONG, said=said, advice=advice)
    return Finding(area=AREA, about="face finder", verdict=Verdict.OK, said="MediaPipe starts and looks at pictures")


def _accelerator(bundle: Bundle, settings: FacilitySettings) -> Finding:
    """What the network really runs on, by running it."""
    from monitor.classifier import Classifier
    from monitor.providers import CPU, CUDA, SHORT, full_name, why_not

    about = "accelerator"
    try:
        classifier = Classifier(bundle, settings=settings.classifier)
        inputs = to_input(np.zeros((4, CROP_PX, CROP_PX, 3), np.uint8))
        classifier.scores(inputs)
        begun_s = perf_s()
        classifier.scores(inputs)
        took_ms = (perf_s() - begun_s) * 1000
    except (VigilError, ModelError) as error:
        advice = "see `classifier` in the configuration"
        return Finding(area=AREA, about=about, verdict=Verdict.WRONG, said=str(error), advice=advice)
    short = {full: name for name, full in SHORT.items()}
    runs_on = classifier.providers[0]
    asked = [full_name(name) for name in settings.classifier.providers]
    said = f"the network runs on {short.get(runs_on, runs_on)}, four faces in {took_ms:.0f} ms"
    if asked and asked[0] != runs_on:
        wanted = asked[0] or ""
        advice = f"{short.get(wanted, wanted)} was asked for: {why_not(wanted) or 'it does not start; see the log'}"
        return Finding(area=AREA, about=about, verdict=Verdict.WARN, said=said, advice=advice)
    if runs_on == CPU and not asked:
        said += f"; no CUDA: {why_not(CUDA)}"
    return Finding(area=AREA, about=about, verdict=Verdict.OK, said=said)


def _explanations() -> Finding:
    from monitor.sidecar.launch import require_packages

    try:
        require_packages()
    except VigilError as error:
        said = f"{error}; pain is judged and alerted all the same"
        return Finding(area=AREA, about="explanations", verdict=Verdict.WARN, said=said)
    return Finding(area=AREA, about="explanations", verdict=Verdict.OK, said="the sidecar's packages are installed")
