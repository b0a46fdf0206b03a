"""``vigil export``: a training checkpoint → a bundle."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from models.bundle import CARD, PARITY, SPEC, WEIGHTS
from models.errors import DataMissing, PartMissing, SpecMismatch
from models.spec import ModelSpec


def export(
    checkpoint: Annotated[Path, typer.Argument(help="Folder with spec.json, weights.safetensors and maybe card.md.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write; an older bundle there is replaced.")],
    crops: Annotated[
        Path | None,
        typer.Option(help="Real crops for the parity check: .npz with (N, S, S[, 3]) uint8 under 'crops'."),
    ] = None,
) -> None:
    """Export a trained network to ONNX, compare it with torch, and write a sealed bundle."""
    try:
        from exporters.export import export_bundle
        from exporters.photograph import photograph_crops
        from models.weights import network_from
    except ModuleNotFoundError as error:
        raise PartMissing(f"export needs {error.name}: pip install 'vigil[explain,export]'") from error

    spec = ModelSpec.from_json(_read(checkpoint / SPEC).decode("utf-8", "replace"), source=str(checkpoint / SPEC))
    network = network_from(spec, _read(checkpoint / WEIGHTS), checkpoint / WEIGHTS)
    real = read_crops(crops) if crops else photograph_crops(spec.input_px)
    card = (checkpoint / CARD).read_text(encoding="utf-8") if (checkpoint / CARD).is_file() else ""
    export_bundle(network, spec, out, real_crops=real, card=card)
    cases = json.loads((out / PARITY).read_text(encoding="utf-8"))["cases"]
    worst = max(head["max_relative"] for case in cases for head in case["heads"].values())
    typer.echo(f"{out}: {spec.model_id}, torch and ONNX Runtime agree within {worst:.1e}, same arg max")


def read_crops(path: Path) -> NDArray[np.uint8]:
    """The array ``crops`` of an .npz file, unchanged; DataMissing or SpecMismatch in one line."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return np.asarray(archive["crops"])
    except FileNotFoundError as error:
        raise DataMissing(f"{path}: no such file") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise SpecMismatch(f"{path}: want an .npz file with an array 'crops' ({error})") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataMissing(f"{path}: {error.strerror or error}; want a checkpoint's folder") from error
