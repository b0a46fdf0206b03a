"""Which ONNX Runtime execution providers really work here.

``onnxruntime.get_available_providers()`` names what was compiled in: it lists CUDA on machines without a GPU, and
asking for it there fills stderr with loader errors. So the driver is asked for a device and the provider's library
is opened on trial before a session is offered CUDA.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
from pathlib import Path

from models.onnx_runtime import onnxruntime

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"


def usable_providers() -> tuple[str, ...]:
    """CUDA first where a device answers and its libraries load, and always the CPU."""
    if CUDA in onnxruntime.get_available_providers() and _cuda_devices() and _cuda_libraries_load():
        return (CUDA, CPU)
    return (CPU,)


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


def _cuda_libraries_load() -> bool:
    """Whether the CUDA provider finds cuBLAS, cuDNN and the rest (also those that pip installs under nvidia/)."""
    with contextlib.redirect_stdout(io.StringIO()):  # preload_dlls prints what it misses
        onnxruntime.preload_dlls()
    folder = Path(onnxruntime.__file__).parent / "capi"
    try:
        ctypes.CDLL(str(folder / "libonnxruntime_providers_shared.so"), mode=ctypes.RTLD_GLOBAL)
        ctypes.CDLL(str(folder / "libonnxruntime_providers_cuda.so"))
    except OSError:
        return False
    return True
