"""The card's measured part: written from figures, replaced by newer ones, sealed, refused for another model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from models.bundle import open_bundle
from models.errors import DataInvalid, DataMissing
from models.evaluation.plain_text import as_markdown
from models.model_card import MARK, compose, write_card


def test_markdown_holds_single_figures_with_intervals_and_tables() -> None:
    text = as_markdown(
        {
            "auc": 0.9123456,
            "auc_interval_95": [0.8, 0.97],
            "n": 12,
            "units": [{"unit": "AU04", "mu": 0.25}, {"unit": "AU43", "mu": None}],
        }
    )
    assert "- auc: 0.9123 (95%: 0.8 to 0.97)" in text
    assert "| unit | mu |\n| --- | --- |\n| AU04 | 0.25 |\n| AU43 | – |" in text


def test_a_newer_measurement_replaces_the_older_and_keeps_the_rest() -> None:
    first = compose("# Card\n\nFor the bedside.\n", {"pairs": {"auc": 0.5}})
    second = compose(first, {"pairs": {"auc": 0.75}})
    assert second.startswith("# Card\n\nFor the bedside.\n")
    assert second.count(MARK) == 1
    assert "0.75" in second
    assert "0.5" not in second


def test_the_bundle_is_sealed_again(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle, figures = tmp_path / "bundle", tmp_path / "figures"
    shutil.copytree(tiny_bundle, bundle)
    figures.mkdir()
    (figures / "pairs.json").write_text(json.dumps({"auc": 0.875, "model_id": open_bundle(bundle).spec.model_id}))
    card = write_card(bundle, figures)
    assert "--dataset pairs" in card.read_text(encoding="utf-8")
    assert open_bundle(bundle).files["card.md"] != open_bundle(tiny_bundle).files["card.md"]


def test_figures_of_another_model_and_broken_files_are_refused(tiny_bundle: Path, tmp_path: Path) -> None:
    bundle, figures = tmp_path / "bundle", tmp_path / "figures"
    shutil.copytree(tiny_bundle, bundle)
    figures.mkdir()
    with pytest.raises(DataMissing, match="no NAME"):
        write_card(bundle, figures)
    (figures / "pairs.json").write_text('{"model_id": "other-1"}')
    with pytest.raises(DataInvalid, match="measured with other-1"):
        write_card(bundle, figures)
    (figures / "pairs.json").write_text("not json")
    with pytest.raises(DataInvalid, match=r"pairs\.json"):
        write_card(bundle, figures)
    assert open_bundle(bundle).files == open_bundle(tiny_bundle).files
