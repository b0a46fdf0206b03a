"""``vigil export``: a training checkpoint → a bundle."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.bundle import CARD, GRAPH, PARITY, SPEC, WEIGHTS, Precision
from models.errors import DataMissing, PartMissing, SpecMismatch
from models.spec import ModelSpec

if TYPE_CHECKING:
    from exporters.trial import Trial


class Wanted(StrEnum):
    """What ``--precision`` takes."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    INT8 = "int8"
    AUTO = "auto"


def export(
    checkpoint: Annotated[
        Path,
        typer.Argument(
            help="Folder with spec.json, maybe card.md, and weights.safetensors; or model.onnx alone: a network of "
            "your own that takes crops and gives the heads of spec.json by name (used as it is, not explained)."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write; an older bundle there is replaced.")],
    precision: Annotated[
        Wanted, typer.Option(help="auto: the fastest variant that still decides as float32 does.")
    ] = Wanted.FLOAT32,
    crops: Annotated[
        Path | None,
        typer.Option(
            help="Real crops: .npz with (N, S, S[, 3]) uint8 under 'crops' and maybe (N, 478, 2) 'landmarks'. Every "
            "other one calibrates int8, the others are measured. Without: views of one public-domain photograph."
        ),
    ] = None,
    accuracy: Annotated[
        Path | None, typer.Option(help="Labelled faces in the FER+ layout (.npz): all rows but training are measured.")
    ] = None,
    landmarker: Annotated[
        Path | None, typer.Option(help="Face landmarker: aligns the labelled faces, and μ is measured.")
    ] = None,
) -> None:
    """Export a trained network to ONNX, compare it with torch, and write a sealed bundle.

    With --accuracy or a --precision other than float32, all three variants are made and measured side by side.
    """
    try:
        from exporters.export import export_bundle
        from exporters.foreign import export_foreign
        from exporters.photograph import photograph_crops
        from exporters.trial import photograph_trial, read_crops, trial_of
        from exporters.variants import export_measured, table
        from models.weights import network_from
    except ModuleNotFoundError as error:
        raise PartMissing(f"export needs {error.name}: pip install 'vigil[explain,export]'") from error

    spec = ModelSpec.from_json(_read(checkpoint / SPEC).decode("utf-8", "replace"), source=str(checkpoint / SPEC))
    card = (checkpoint / CARD).read_text(encoding="utf-8") if (checkpoint / CARD).is_file() else ""
    given = read_crops(crops) if crops else None
    if (checkpoint / GRAPH).is_file() and not (checkpoint / WEIGHTS).exists():
        if precision is not Wanted.FLOAT32 or accuracy is not None:
            raise SpecMismatch(
                f"{checkpoint / GRAPH}: is taken as it is; variants are made of checkpoints with weights"
            )
        real = given[0] if given else photograph_crops(spec.input_px)
        export_foreign(checkpoint / GRAPH, spec, out, real_crops=real, card=card)
        _say_parity(out, spec.model_id, "the network given and the bundle")
        return
    network = network_from(spec, _read(checkpoint / WEIGHTS), checkpoint / WEIGHTS)
    if precision is Wanted.FLOAT32 and accuracy is None:
        export_bundle(network, spec, out, real_crops=given[0] if given else photograph_crops(spec.input_px), card=card)
        _say_parity(out, spec.model_id, "torch and ONNX Runtime")
        return
    if given:
        from exporters.export import require_crops

        require_crops(spec, given[0])
    trial = trial_of(*given) if given else photograph_trial(spec.input_px)
    wanted = None if precision is Wanted.AUTO else Precision(precision)
    report = export_measured(network, spec, out, _with_faces(trial, accuracy, landmarker), wanted=wanted, card=card)
    _say_table(table(report))
    typer.echo(f"{out}: {report['precision']}: {report['because']}")


def _with_faces(trial: Trial, accuracy: Path | None, landmarker: Path | None) -> Trial:
    from exporters.trial import ferplus_faces

    if landmarker is not None and not landmarker.is_file():
        raise DataMissing(f"{landmarker}: face landmarker not found; `vigil assets` fetches it")
    if accuracy is not None:
        trial = trial.with_faces(*ferplus_faces(accuracy, landmarker))
    return trial if landmarker is None else trial.with_meshes(landmarker)


def _say_parity(out: Path, model_id: str, who: str) -> None:
    cases = json.loads((out / PARITY).read_text(encoding="utf-8"))["cases"]
    worst = max(head["max_relative"] for case in cases for head in case["heads"].values())
    typer.echo(f"{out}: {model_id}, {who} agree within {worst:.1e}, same arg max")


def _say_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataMissing(f"{path}: {error.strerror or error}; want a checkpoint's folder") from error
