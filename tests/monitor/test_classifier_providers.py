"""Providers are offered only where a device answers and their libraries load; asking makes no noise."""

from __future__ import annotations

import ctypes
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from models.bundle import Bundle, Precision, open_bundle
from monitor import classifier as classifying
from monitor import providers
from monitor.classifier import Classifier, ClassifierSettings
from monitor.config import VigilSettings
from monitor.config_lines import ConfigurationFile
from monitor.config_tree import apply
from monitor.errors import ConfigurationError
from monitor.providers import CPU, CUDA, TENSORRT, full_name, options_for, usable_providers, why_not


class Driver:
    """A CUDA driver that initialises with ``status`` and sees ``count`` devices."""

    def __init__(self, status: int, count: int) -> None:
        self.status, self.count = status, count

    def __call__(self, name: str) -> Driver:
        assert name == "libcuda.so.1"
        return self

    def cuInit(self, flags: int) -> int:  # noqa: N802 - the driver's name
        return self.status

    def cuDeviceGetCount(self, count: object) -> int:  # noqa: N802 - the driver's name
        count._obj.value = self.count  # type: ignore[attr-defined]
        return 0


@pytest.fixture(autouse=True)
def compiled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers.onnxruntime, "get_available_providers", lambda: [TENSORRT, CUDA, CPU])


@pytest.mark.parametrize(
    ("driver", "lacks", "expected", "reason"),
    [
        (Driver(0, 1), "", (CUDA, CPU), ""),
        (Driver(0, 1), "no libcublas", (CPU,), "no libcublas"),
        (Driver(0, 0), "", (CPU,), "no CUDA device answers"),
        (Driver(100, 1), "", (CPU,), "no CUDA device answers"),
    ],
)
def test_offered_where_it_works(
    monkeypatch: pytest.MonkeyPatch, driver: Driver, lacks: str, expected: tuple[str, ...], reason: str
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", driver)
    monkeypatch.setattr(providers, "_missing_library", lambda provider: lacks)
    assert usable_providers() == expected
    assert why_not(CUDA) == why_not(TENSORRT) == reason
    assert why_not(CPU) == ""


def test_no_driver_means_cpu_without_a_word(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def absent(name: str) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", absent)
    assert usable_providers() == (CPU,)
    assert capfd.readouterr() == ("", "")


def test_never_offered_when_not_compiled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers.onnxruntime, "get_available_providers", lambda: [CPU])
    monkeypatch.setattr(ctypes, "CDLL", Driver(0, 1))
    assert usable_providers() == (CPU,)
    assert why_not(TENSORRT) == "this ONNX Runtime was built without it"


def test_missing_libraries_are_found_out_quietly(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def preload() -> None:
        print("Failed to load libcublas")

    def absent(name: str, mode: int = 0) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(providers.onnxruntime, "preload_dlls", preload)
    monkeypatch.setattr(ctypes, "CDLL", absent)
    for provider in (CUDA, TENSORRT):
        assert "cannot open shared object file" in providers._missing_library(provider)
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def bundle(tiny_bundle: Path) -> Bundle:
    return open_bundle(tiny_bundle)


def test_names_in_the_configuration() -> None:
    assert [full_name(name) for name in ("cpu", "cuda", "tensorrt", CUDA, "gpu")] == [CPU, CUDA, TENSORRT, CUDA, None]
    file = ConfigurationFile(Path("vigil.yaml"), {}, {})
    given = {"classifier": {"providers": ["tensorrt", "cuda"], "provider_options": {"cuda": {"device_id": 1}}}}
    settings = apply(VigilSettings(), given, file).classifier
    assert settings.providers == ("tensorrt", "cuda")
    assert settings.provider_options == {"cuda": {"device_id": 1}}
    for wrong in ({"providers": ["gpu"]}, {"provider_options": {"gpu": {}}}):
        with pytest.raises(
            ConfigurationError, match=r"classifier\.provider\w+: no provider 'gpu', only cpu, cuda, tensor"
        ):
            apply(VigilSettings(), {"classifier": wrong}, file)


def test_options_of_each(bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert options_for(CPU, {}, bundle) == {}
    assert options_for(CUDA, {"device_id": 1, "use_tf32": True}, bundle) == {
        "use_tf32": "1",
        "cudnn_conv_algo_search": "HEURISTIC",
        "device_id": "1",
    }
    tensorrt = options_for(TENSORRT, {}, bundle)
    engines = Path(tensorrt["trt_engine_cache_path"])
    assert engines.is_dir()
    assert engines.parent == tmp_path / "vigil" / "tensorrt"
    assert (tensorrt["trt_engine_cache_enable"], tensorrt["trt_fp16_enable"]) == ("1", "0")
    assert options_for(TENSORRT, {}, replace(bundle, precision=Precision.FLOAT16))["trt_fp16_enable"] == "1"
    other = replace(bundle, files={**bundle.files, "model.onnx": "0" * 64})
    assert options_for(TENSORRT, {}, other)["trt_engine_cache_path"] != str(engines)


def test_engines_without_a_place_are_not_kept(bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vigil").write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert options_for(TENSORRT, {}, bundle) == {"trt_fp16_enable": "0"}


def test_what_does_not_start_is_passed_over_with_one_line(
    bundle: Bundle, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "_cuda_devices", lambda: 0)
    settings = ClassifierSettings(providers=("tensorrt", "cuda"), threads=1)
    with caplog.at_level(logging.WARNING):
        classifier = Classifier(bundle, settings=settings)
    assert classifier.providers == (CPU,)
    (record,) = caplog.records
    assert record.getMessage() == (
        f"classifier: {TENSORRT} does not start here (no CUDA device answers); "
        f"{CUDA} does not start here (no CUDA device answers); running on {CPU}"
    )
    caplog.clear()
    assert Classifier(bundle, settings=ClassifierSettings(providers=("cpu",), threads=1)).providers == (CPU,)
    assert caplog.records == []


@pytest.mark.skipif(providers._cuda_devices() > 0, reason="here is a device that might start")
def test_onnx_runtime_itself_falls_back(
    bundle: Bundle, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offered all the same, the real library fails in its own ways; the session still runs, on the CPU."""
    monkeypatch.undo()
    wanted = [name for name in (TENSORRT, CUDA) if name in providers.onnxruntime.get_available_providers()]
    if not wanted:
        pytest.skip("this ONNX Runtime was built for the CPU alone")
    monkeypatch.setattr(classifying, "why_not", lambda provider: "")
    with caplog.at_level(logging.WARNING):
        assert Classifier(bundle, providers=wanted, threads=1).providers == (CPU,)
    (record,) = caplog.records
    assert "\n" not in record.getMessage()
    assert all(f"{name} does not start here (" in record.getMessage() for name in wanted)
    assert record.getMessage().endswith(f"running on {CPU}")
    assert capfd.readouterr().out == ""
