"""The rule: the fastest variant that still decides as float32 does."""

from __future__ import annotations

import re

import pytest

from exporters.choose import choose
from models.bundle import Precision


def variant(ratio: float, agreement: float = 1.0, accuracy: float | None = 0.86, au: float = 1.0) -> dict:
    return {
        "ms": {"2": {"ratio": ratio}},
        "agreement": {"emotion": agreement, "au": au},
        "n": 1000,
        "accuracy": None if accuracy is None else {"share": accuracy},
    }


EXACT = variant(1.0)


@pytest.mark.parametrize(
    ("half", "int8", "chosen", "said"),
    [
        (variant(1.1), variant(0.5), "int8", "not float16: takes 1.10 of float32's time; int8 before float32: takes"),
        (variant(0.5), variant(0.49), "float16", "float16 before float32: .* not int8: takes 0.98 of float16's time"),
        (variant(0.5), variant(0.3), "int8", "int8 before float16: takes 0.60 of its time"),
        (variant(0.96), variant(0.97), "float32", "not float16: takes 0.96"),
        (variant(1.1), variant(0.4, agreement=0.994), "float32", r"not int8: decides as float32 on 99.40% only"),
        (variant(1.1), variant(0.4, agreement=0.995), "int8", "int8 before float32"),
        (variant(1.1), variant(0.4, au=0.9), "float32", r"on 90.00% only \(head au, n = 1000"),
        (variant(1.1), variant(0.4, accuracy=0.8579), "float32", "accuracy falls by 0.21 points"),
        (variant(1.1), variant(0.4, accuracy=0.858), "int8", "int8 before float32"),
    ],
)
def test_rule(half: dict, int8: dict, chosen: str, said: str) -> None:
    figures = {Precision.FLOAT32: EXACT, Precision.FLOAT16: half, Precision.INT8: int8}
    precision, because = choose(figures)
    assert precision == chosen
    assert re.search(said, because), because


def test_unmeasured_accuracy_is_said() -> None:
    figures = {Precision.FLOAT32: variant(1.0, accuracy=None), Precision.INT8: variant(0.5, accuracy=None)}
    assert choose(figures) == (
        Precision.INT8,
        "int8 before float32: takes 0.50 of its time; accuracy was not measured",
    )
