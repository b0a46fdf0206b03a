"""``vigil explain``: what the network says of one picture, and what it looked at."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from models.action_units import ActionUnit
from monitor.config import load_settings
from monitor.report import words
from monitor.storage.encoding import document
from monitor.storage.whole_file import write_whole


def explain(
    image: Annotated[Path, typer.Argument(help="Picture with any number of faces.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    neutral: Annotated[
        Path | None, typer.Option(help="Picture of the same person's neutral face to judge against.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="PNG with heatmaps, regions and bars (shows the faces).")] = None,
    model: Annotated[Path | None, typer.Option(help="Bundle of another network.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings from a TOML or YAML file.")] = None,
    rotate: Annotated[int | None, typer.Option(help="Turn the picture clockwise: 0, 90, 180 or 270 degrees.")] = None,
    composite: Annotated[str | None, typer.Option(help="Set of propagation rules.")] = None,
    no_explain: Annotated[bool, typer.Option("--no-explain", help="Score without explaining.")] = False,
    landmarker: Annotated[Path | None, typer.Option(help="Face landmark asset to use.")] = None,
) -> None:
    """Explain one picture: emotions, Action Units, PSPI and pain of every face, with heatmaps and μ."""
    from monitor.replay.still import explain_picture

    settings = load_settings(
        config,
        {
            "--rotate": ("source.rotate_deg", rotate),
            "--composite": ("sidecar.composite", composite),
            "--landmarker": ("landmarker", landmarker),
        },
    )
    result = explain_picture(
        image,
        settings,
        lambda line: print(f"vigil: {line}", file=sys.stderr),
        neutral=neutral,
        bundle=model,
        explain=not no_explain,
    )
    faces = [face.as_json() for face in result.faces]
    if as_json:
        sys.stdout.write(document({"faces": faces}))
    else:
        _print_tables(faces)
    if out is None:
        return
    from monitor.replay.still_png import still_png

    write_whole(out, still_png(result, image.name))
    if not as_json:
        print(f"picture: {out}")


def _print_tables(faces: list[dict[str, Any]]) -> None:
    console = Console(highlight=False)
    if not faces:
        console.print("no face found")
    for number, face in enumerate(faces, start=1):
        console.print(_table(number, face))
        console.print(face["sentence"])


def _table(number: int, face: dict[str, Any]) -> Table:
    pain = "–" if face["pain"] is None else f"{face['pain']:.2f}"
    pspi = face["pspi_reason"] if face["pspi"] is None else f"{face['pspi']:.1f} of 16"
    strongest = sorted(face["emotions"].items(), key=lambda entry: -entry[1])[:3]
    emotions = ", ".join(f"{name} {share:.0%}" for name, share in strongest)
    table = Table(title=f"face {number} at {face['box']}: pain {pain}, PSPI {pspi}", title_justify="left")
    table.caption = f"emotions: {emotions}" if emotions else None
    for heading in ("Action Unit", "intensity", "evidence inside its region", "by chance"):
        table.add_column(heading, justify="left" if heading == "Action Unit" else "right")
    for unit, value in face["aus"].items():
        table.add_row(
            words.target(ActionUnit(unit)),
            f"{value:.2f}",
            words.percent(face["mu"][unit]),
            words.percent(face["mu_chance"][unit]),
        )
    return table
