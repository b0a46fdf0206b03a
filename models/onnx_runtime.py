"""ONNX Runtime, imported in this one place, with its telemetry off.

Since 1.29 its Linux builds report sessions and networks to their maker, and keep an identifier of the machine, unless
``ORT_DISABLE_TELEMETRY`` is set before the library is loaded; its own call to disable this comes too late.
"""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_errors

__all__ = ["onnxruntime", "runtime_errors"]
