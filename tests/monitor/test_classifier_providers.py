"""CUDA is offered only where a device answers and its libraries load; asking makes no noise."""

from __future__ import annotations

import ctypes

import pytest

from monitor import providers
from monitor.providers import CPU, CUDA, usable_providers


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
    monkeypatch.setattr(providers.onnxruntime, "get_available_providers", lambda: [CUDA, CPU])


@pytest.mark.parametrize(
    ("driver", "libraries", "expected"),
    [
        (Driver(0, 1), True, (CUDA, CPU)),
        (Driver(0, 1), False, (CPU,)),
        (Driver(0, 0), True, (CPU,)),
        (Driver(100, 1), True, (CPU,)),
    ],
)
def test_offered_where_it_works(
    monkeypatch: pytest.MonkeyPatch, driver: Driver, libraries: bool, expected: tuple[str, ...]
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", driver)
    monkeypatch.setattr(providers, "_cuda_libraries_load", lambda: libraries)
    assert usable_providers() == expected


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


def test_missing_libraries_are_found_out_quietly(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def preload() -> None:
        print("Failed to load libcublas")

    def absent(name: str, mode: int = 0) -> None:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(providers.onnxruntime, "preload_dlls", preload)
    monkeypatch.setattr(ctypes, "CDLL", absent)
    assert providers._cuda_libraries_load() is False
    assert capfd.readouterr() == ("", "")
