"""Which variant a bundle gets: the fastest that still says the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.bundle import Precision

AGREEMENT = 0.995
"""Least share of crops (emotion) or labels (other heads) on which a variant decides as float32 does."""
ACCURACY_DROP = 0.002
GAIN = 0.95
"""A variant that takes more than this share of the time of a more exact one is not worth its rounding."""
ORDER = (Precision.FLOAT32, Precision.FLOAT16, Precision.INT8)


def choose(figures: Mapping[Precision, Mapping[str, Any]]) -> tuple[Precision, str]:
    """The precision and why, in words, from ``exporters.figures``; float32 must be among them."""
    chosen = Precision.FLOAT32
    said = []
    for precision in ORDER[1:]:
        if precision not in figures:
            continue
        against = _against(figures[precision], figures[Precision.FLOAT32])
        share = time_of(figures[precision]) / time_of(figures[chosen])
        if against:
            said.append(f"not {precision}: {against}")
        elif share > GAIN:
            said.append(f"not {precision}: takes {share:.2f} of {chosen}'s time")
        else:
            said.append(f"{precision} before {chosen}: takes {share:.2f} of its time")
            chosen = precision
    unmeasured = "" if figures[Precision.FLOAT32]["accuracy"] else "; accuracy was not measured"
    return chosen, "; ".join(said) + unmeasured


def time_of(figures: Mapping[str, Any]) -> float:
    """Processor time a crop on two threads as a share of float32's in the same run."""
    return float(figures["ms"]["2"]["ratio"])


def _against(one: Mapping[str, Any], exact: Mapping[str, Any]) -> str:
    """Why a variant may not be chosen, whatever its speed; empty when it may."""
    head, least = min(one["agreement"].items(), key=lambda entry: float(entry[1]))
    if least < AGREEMENT:
        return f"decides as float32 on {least:.2%} only (head {head}, n = {one['n']}; at least {AGREEMENT:.1%} wanted)"
    if one["accuracy"] and exact["accuracy"]:
        drop = exact["accuracy"]["share"] - one["accuracy"]["share"]
        if drop > ACCURACY_DROP + 1e-9:
            return f"accuracy falls by {100 * drop:.2f} points (at most {100 * ACCURACY_DROP:g} allowed)"
    return ""
