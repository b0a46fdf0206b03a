"""Figures become JSON that any program reads, and tables that people read."""

from __future__ import annotations

import io
import json

import numpy as np
from rich.console import Console

from models.evaluation.plain_text import as_json, print_tables

FIGURES = {
    "auc": np.float64(0.75),
    "auc_interval_95": (0.5, 0.9),
    "n": np.int64(4),
    "orphan_interval_95": [0.0, 1.0],
    "recall": {"fear": 0.25, "anger": None},
    "recall_n": {"fear": 4, "anger": 0},
    "pairs": [
        {"file": "a.jpg", "pain": 0.5, "judged": True},
        {"file": "b.jpg", "pain": float("nan"), "why": "no face"},
    ],
    "groups": {"old": {"n": 2, "auc": 1.0}, "young": {"n": 3}},
}


def test_json_is_plain() -> None:
    text = as_json(FIGURES)
    read = json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))
    assert read["auc"] == 0.75
    assert read["auc_interval_95"] == [0.5, 0.9]
    assert read["pairs"][1]["pain"] is None
    assert text.endswith("}\n")


def test_tables_show_every_figure_once() -> None:
    out = io.StringIO()
    print_tables(FIGURES, Console(file=out, width=120))
    lines = out.getvalue().splitlines()
    assert [line.split() for line in lines if line.startswith("auc")] == [["auc", "0.75", "95%:", "0.5", "to", "0.9"]]
    assert any(line.split() == ["orphan", "interval", "95", "0", "to", "1"] for line in lines)
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines if line.startswith("│")]
    assert rows == [
        ["fear", "0.25", "4"],
        ["anger", "–", "0"],
        ["a.jpg", "0.5", "yes", "–"],
        ["b.jpg", "–", "–", "no face"],
        ["old", "2", "1"],
        ["young", "3", "–"],
    ]
