"""Shared fixtures: seeded randomness, where the recordings and data lie, and the rule that CI skips nothing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("vigil", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("vigil")  # how long an example takes says something of the machine, which others use too

REPOSITORY = Path(__file__).resolve().parent.parent


def shared_folder() -> Path:
    """The folder with recordings and data: $VIGIL_SHARED, else ``../shared`` beside the checkout."""
    return Path(os.environ.get("VIGIL_SHARED", REPOSITORY.parent / "shared"))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261121)


@pytest.fixture(scope="session")
def shared() -> Path:
    folder = shared_folder()
    if not folder.is_dir():
        pytest.skip("no shared folder with recordings beside the checkout (set VIGIL_SHARED)")
    return folder


@pytest.fixture(scope="session")
def clips(shared: Path) -> Path:
    return shared / "clips"


@pytest.fixture(scope="session")
def landmarker() -> Path:
    """The face landmark asset: the one beside the recordings, else what vigil itself finds, fetches or builds."""
    from monitor.errors import ServiceUnavailable
    from monitor.face.assets import locate

    beside = shared_folder() / "assets" / "face_landmarker.task"
    try:
        return beside if beside.exists() else locate()
    except ServiceUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained width-8 bundle, exported once; copy it before changing a byte."""
    for package in ("torch", "onnx", "onnxscript", "safetensors"):
        pytest.importorskip(package)
    from tiny_bundle import make_tiny_bundle

    return make_tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """In CI every optional part is installed, so a skip is a failure there; the recordings cannot be installed."""
    report = yield
    without_recordings = "shared" in getattr(item, "fixturenames", ()) and not shared_folder().is_dir()
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and not without_recordings and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where nothing may be skipped: {report.longrepr}"
    return report
