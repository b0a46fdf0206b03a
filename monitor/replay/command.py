"""``vigil replay``: a recorded video in, explained alerts out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli import INTERRUPTED
from monitor.config import load_settings
from monitor.report import words
from monitor.report.script import read_script
from monitor.storage import run_folder


def replay(
    video: Annotated[Path, typer.Argument(help="Recording, folder of pictures, or single picture.")],
    out: Annotated[Path, typer.Option(help="Folder for everything the replay leaves.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the files of an earlier run in OUT.")] = False,
    annotate: Annotated[bool, typer.Option("--annotate", help="Write annotated.mp4 as well.")] = False,
    pixels: Annotated[
        bool, typer.Option("--pixels", help="Let pictures of the face enter report and folder (off: heatmaps alone).")
    ] = False,
    config: Annotated[Path | None, typer.Option(help="Settings from a TOML or YAML file.")] = None,
    rotate: Annotated[int | None, typer.Option(help="Turn the pictures clockwise: 0, 90, 180 or 270 degrees.")] = None,
    zone: Annotated[
        str | None, typer.Option(help="Where the resident's face is, as x,y,w,h in shares of the picture.")
    ] = None,
    neutral: Annotated[
        list[str] | None,
        typer.Option(
            help="The resident's neutral face: a picture of it, or the moment in the recording at which it is neutral "
            "(seconds or m:ss); reset:SECONDS forgets it. May be given several times."
        ),
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Bundle of another network.")] = None,
    no_explain: Annotated[bool, typer.Option("--no-explain", help="Judge without explaining.")] = False,
    composite: Annotated[str | None, typer.Option(help="Set of propagation rules for explanations.")] = None,
    script: Annotated[Path | None, typer.Option(help="JSON script of a staged recording, drawn beside it.")] = None,
    max_seconds: Annotated[float | None, typer.Option(min=0.0, help="End after this much of the recording.")] = None,
    landmarker: Annotated[Path | None, typer.Option(help="Face landmark asset to use.")] = None,
) -> int:
    """Replay a recording: explained alerts, journal, table, timeline and report in one folder."""
    from monitor.replay.neutral_face import read_neutral
    from monitor.replay.run import ReplayRequest
    from monitor.replay.run import replay as run_replay

    settings = load_settings(
        config,
        {
            "--rotate": ("source.rotate_deg", rotate),
            "--zone": ("face.zone", None if zone is None else zone.split(",")),
            "--pixels": ("report.pixels", pixels or None),
            "--composite": ("sidecar.composite", composite),
            "--landmarker": ("landmarker", landmarker),
        },
    )
    request = ReplayRequest(
        video=video,
        out=out,
        settings=settings,
        bundle=model,
        overwrite=overwrite,
        annotate=annotate,
        explain=not no_explain,
        scenes=tuple(read_script(script)) if script is not None else (),
        max_seconds=max_seconds,
        neutral=tuple(read_neutral(said) for said in neutral or ()),
    )
    summary = run_replay(request, lambda line: print(f"vigil: {line}", file=sys.stderr))
    for alert in summary["alerts"]:
        print(f"{words.clock(alert['start_s'])}  {words.CODE[alert['code']]}: {alert['sentence']}")
    if not summary["alerts"]:
        print("no alerts")
    print(
        f"{summary['frames']} pictures, a face in {summary['frames_with_face']}, {summary['explained_frames']} "
        f"explained; {summary['speed_x_realtime']:.1f}× real time"
    )
    print(f"report: {out / run_folder.REPORT}")
    if summary["interrupted"]:
        print("stopped before the recording's end; everything seen until then is written")
        return INTERRUPTED
    return 0
