"""ONNX Runtime, imported in this one place, with its telemetry off.

Since 1.29 its Linux builds report sessions and networks to their maker, and keep an identifier of the machine, unless
``ORT_DISABLE_TELEMETRY`` is set before the library is loaded; its own call to disable this comes too late.
"""

from __future__ import annotations

import os
from typing import Any

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime_errors

__all__ = ["onnxruntime", "quantization", "runtime_errors", "session_options"]


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """As networks are deployed: ``threads`` per crop, none of which spins while it waits, and a quiet log.

    Waiting threads that spin answer no sooner here and cost four times the processor time (14 against 3 ms a crop).
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def quantization() -> Any:
    """The package ``onnxruntime.quantization``; needs ``onnx``, which a classify-only box does not carry."""
    from onnxruntime import quantization as package

    return package
