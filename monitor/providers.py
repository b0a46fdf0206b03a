"""Which ONNX Runtime execution providers really work here, and how each is set up.

``onnxruntime.get_available_providers()`` names what was compiled in: it lists CUDA and TensorRT on machines without a
GPU, and asking for them there fills stderr with loader errors. So the driver is asked for a device and the provider's
library is opened on trial before a session is offered it.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
from collections.abc import Mapping
from pathlib import Path

from models.bundle import Bundle, Precision
from models.onnx_runtime import onnxruntime
from monitor.face.assets import cache_folder

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"
SHORT: Mapping[str, str] = {"cpu": CPU, "cuda": CUDA, "tensorrt": TENSORRT}
"""What the configuration may say instead of ONNX Runtime's own names."""
Option = str | int | float | bool

_LIBRARIES: Mapping[str, str] = {
    CUDA: "libonnxruntime_providers_cuda.so",
    TENSORRT: "libonnxruntime_providers_tensorrt.so",
}
_CUDA_OPTIONS = {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}
"""Full float32, as the parity certificate was made, and no search by stopwatch that differs between runs."""


def full_name(name: str) -> str | None:
    """ONNX Runtime's name of a provider that this installation knows; None for any other."""
    full = SHORT.get(name, name)
    return full if full in {*SHORT.values(), *onnxruntime.get_available_providers()} else None


def usable_providers() -> tuple[str, ...]:
    """CUDA first where a device answers and its libraries load, and always the CPU.

    TensorRT builds an engine for minutes at its first start, so it is used only where it is asked for.
    """
    return (CPU,) if why_not(CUDA) else (CUDA, CPU)


def why_not(provider: str) -> str:
    """Why ``provider`` cannot start here, in words; empty when it should."""
    if provider not in onnxruntime.get_available_providers():
        return "this ONNX Runtime was built without it"
    if provider not in _LIBRARIES:
        return ""
    if not _cuda_devices():
        return "no CUDA device answers"
    return _missing_library(provider)


def options_for(provider: str, given: Mapping[str, Option], bundle: Bundle) -> dict[str, str]:
    """ONNX Runtime's options: what this program wants of ``provider`` for ``bundle``, then what was ``given``.

    TensorRT keeps its engines in the user's cache, in a folder per network, so that only the first start builds them.
    """
    if provider == CUDA:
        wanted = dict(_CUDA_OPTIONS)
    elif provider == TENSORRT:
        wanted = {"trt_fp16_enable": str(int(bundle.precision is Precision.FLOAT16))} | _engine_cache(bundle)
    else:
        wanted = {}
    return wanted | {name: _text(value) for name, value in given.items()}


def _engine_cache(bundle: Bundle) -> dict[str, str]:
    folder = cache_folder() / "tensorrt" / bundle.files["model.onnx"][:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return {}  # without a place to keep them, engines are built at every start
    return {
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(folder),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(folder),
    }


def _text(value: Option) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _cuda_devices() -> int:
    """How many devices the CUDA driver sees; 0 without a driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return 0
    return count.value


def _missing_library(provider: str) -> str:
    """What the provider's library lacks of cuBLAS, cuDNN, TensorRT and the rest (pip's nvidia/ is looked at too)."""
    with contextlib.redirect_stdout(io.StringIO()):  # preload_dlls prints what it misses
        onnxruntime.preload_dlls()
    folder = Path(onnxruntime.__file__).parent / "capi"
    try:
        ctypes.CDLL(str(folder / "libonnxruntime_providers_shared.so"), mode=ctypes.RTLD_GLOBAL)
        ctypes.CDLL(str(folder / _LIBRARIES[provider]))
    except OSError as error:
        return str(error)
    return ""
