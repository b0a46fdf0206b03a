"""The model card's measured part: what the evaluations printed, each figure with the command that printed it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.bundle import CARD, open_bundle, write_manifest
from models.errors import BundleUnwritable, DataInvalid, DataMissing
from models.evaluation.goals import as_markdown as goals_as_markdown
from models.evaluation.goals import goals
from models.evaluation.plain_text import as_markdown

MARK = "## Measured\n"
"""Everything from this heading on is written by ``compose``; what stands before is kept."""


def compose(text: str, figures: Mapping[str, Mapping[str, Any]]) -> str:
    """The card ``text`` with its measured part replaced by ``figures``, {name of the evaluation: what it returned}."""
    parts = [text.partition(MARK)[0].rstrip() + "\n", MARK]
    asked = goals(figures)
    if asked:
        parts.append(f"### Asked and found\n\n{goals_as_markdown(asked)}")
    for name, found in figures.items():
        command = f"`vigil models evaluate BUNDLE --dataset {name} --file DATA --json`"
        parts.append(f"### {name}\n\n{command}\n\n{as_markdown(found)}")
    return "\n".join(parts)


def read_figures(folder: Path) -> dict[str, dict[str, Any]]:
    """{NAME: figures} of every NAME.json in ``folder``, as ``vigil models evaluate --json`` prints them."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise DataMissing(f"{folder}: no NAME.json with figures of `vigil models evaluate --dataset NAME --json`")
    figures = {}
    for file in files:
        try:
            figures[file.stem] = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataInvalid(f"{file}: not figures of `vigil models evaluate --json`: {error}") from error
        if not isinstance(figures[file.stem], dict):
            raise DataInvalid(f"{file}: figures must be one JSON object, got {type(figures[file.stem]).__name__}")
    return figures


def write_card(bundle: Path, folder: Path) -> Path:
    """Composes the card of ``bundle`` anew from ``folder`` and seals the bundle again. Returns the card's path.

    DataInvalid when figures were measured with another model; the bundle is opened, so checked, before and after.
    """
    opened = open_bundle(bundle)
    figures = read_figures(folder)
    for name, found in figures.items():
        measured = found.get("model_id", opened.spec.model_id)
        if measured != opened.spec.model_id:
            raise DataInvalid(f"{folder / name}.json: measured with {measured}, the bundle is {opened.spec.model_id}")
    card = bundle / CARD
    try:
        partial = card.with_suffix(".partial")
        partial.write_text(compose(card.read_text(encoding="utf-8"), figures), encoding="utf-8")
        os.replace(partial, card)
        write_manifest(bundle, opened.spec.model_id)
    except OSError as error:
        raise BundleUnwritable(f"{card}: {error.strerror or error}") from error
    open_bundle(bundle)
    return card
