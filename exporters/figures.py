"""What each variant does on the same crops: how far off, how often it decides the same, how right, looking where."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from exporters.graph import INPUT
from exporters.looking import claims, looking
from exporters.pace import pace
from exporters.parity import F32, by_batch, compare, cpu_session
from exporters.trial import Trial
from models.bundle import GRAPH, WEIGHTS, Precision
from models.evaluation.intervals import wilson
from models.preprocess import to_input
from models.spec import Activation, HeadSpec, ModelSpec

_BATCH = 16


def figures(
    folders: Mapping[Precision, Path], explaining: Mapping[Precision, nn.Module], spec: ModelSpec, trial: Trial
) -> dict[Precision, dict[str, Any]]:
    """Per precision: ``bytes``, ``ms``, ``error`` and ``agreement`` with float32 per head, ``accuracy``, ``looking``.

    ``folders`` hold the bundles, float32 among them, ``explaining`` the torch network that explains each.
    """
    inputs = to_input(trial.measured)
    raw = {precision: _outputs(folder / GRAPH, spec, inputs) for precision, folder in folders.items()}
    exact = raw[Precision.FLOAT32]
    seen = np.asarray(np.isfinite(trial.landmarks).all(axis=(1, 2)))
    units = {head.name: column for column, head in enumerate(spec.heads)}
    asked = claims(spec, spec.head("au").scores(exact[units["au"]]), seen) if "au" in units else {}
    speed = pace({precision: folder / GRAPH for precision, folder in folders.items()}, inputs[:1])
    return {
        precision: {
            "bytes": sum((folder / name).stat().st_size for name in (WEIGHTS, GRAPH)),
            "ms": speed[precision],
            "n": len(inputs),
            "error": {head.name: _error(a, b) for head, a, b in zip(spec.heads, exact, raw[precision], strict=True)},
            "agreement": {
                head.name: round(float((decisions(head, a) == decisions(head, b)).mean()), 5)
                for head, a, b in zip(spec.heads, exact, raw[precision], strict=True)
            },
            "accuracy": _accuracy(raw[precision][units["emotion"]], trial.truth) if "emotion" in units else None,
            "looking": looking(explaining[precision], spec, trial.measured, trial.landmarks, asked),
        }
        for precision, folder in folders.items()
    }


def decisions(head: HeadSpec, raw: F32) -> NDArray[Any]:
    """(N, L) raw outputs → what is decided: (N,) the label of a softmax head, else (N, L) whether each is present."""
    if head.activations == (Activation.SOFTMAX,):
        return np.asarray(raw.argmax(axis=1))
    usual = tuple(1.0 if activation is Activation.INTENSITY else 0.5 for activation in head.activations)
    return np.asarray(head.scores(raw) >= np.array(head.thresholds or usual))


def _outputs(graph: Path, spec: ModelSpec, inputs: F32) -> list[F32]:
    session = cpu_session(graph)
    names = [head.name for head in spec.heads]
    return by_batch(lambda rows: session.run(names, {INPUT: rows}), inputs, _BATCH)


def _error(expected: F32, got: F32) -> dict[str, float]:
    error = compare(expected, got)
    mean = float(np.abs(expected.astype(np.float64) - got).mean())
    rounded = {name: float(f"{error[name]:.3g}") for name in ("max_absolute", "max_relative")}
    return rounded | {"mean_absolute": float(f"{mean:.3g}")}


def _accuracy(raw: F32, truth: NDArray[np.int64]) -> dict[str, Any] | None:
    known = truth >= 0
    count = int(known.sum())
    if not count:
        return None
    right = int((raw[known].argmax(axis=1) == truth[known]).sum())
    low, high = wilson(right, count)
    return {"share": round(right / count, 5), "interval_95": [round(low, 4), round(high, 4)], "n": count}
