"""``vigil demo``: makes the demo recording, replays it, and says where the report lies."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from monitor.demo.recording import RecordingSettings

RECORDING = "demo.mp4"
SCRIPT = "script.json"
INTERRUPTED = 130


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the recording and everything the replay leaves.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the files of an earlier run in OUT.")] = False,
    config: Annotated[Path | None, typer.Option(help="Settings from a TOML or YAML file.")] = None,
    model: Annotated[Path | None, typer.Option(help="Bundle of another network.")] = None,
    annotate: Annotated[bool, typer.Option("--annotate", help="Write annotated.mp4 as well.")] = False,
) -> int:
    """Make the demo recording from a public-domain photograph and replay it, with pictures in the report."""
    from models.bundle import default_bundle, open_bundle
    from monitor.config import load_settings
    from monitor.demo.comparison import compare, judged_levels
    from monitor.demo.recording import RecordingSettings
    from monitor.errors import OutputError
    from monitor.face.assets import locate
    from monitor.replay.run import ReplayRequest, replay
    from monitor.report.script import read_script
    from monitor.storage import run_folder
    from monitor.storage.run_folder import RunFolder

    settings = load_settings(config, {"--pixels": ("report.pixels", True)})
    recording = RecordingSettings()
    open_bundle(model or default_bundle())
    locate(settings.landmarker)
    if (out / RECORDING).exists() and not overwrite:
        raise OutputError(f"{out / RECORDING}: is there already; choose another folder or add --overwrite")
    folder = RunFolder(out, overwrite=overwrite)
    folder.release_reserve()
    script = folder.write(SCRIPT, json.dumps(recording.script.as_json(), indent=2) + "\n")
    _make(out / RECORDING, recording)
    summary = replay(
        ReplayRequest(
            video=out / RECORDING,
            out=out,
            settings=settings,
            bundle=model,
            overwrite=overwrite,
            annotate=annotate,
            scenes=tuple(read_script(script)),
        ),
        lambda line: print(f"vigil: {line}", file=sys.stderr),
    )
    levels = judged_levels(out / run_folder.JOURNAL)
    for judged in compare(recording.script, levels, summary["alerts"]):
        print(judged.sentence())
    for alert in summary["alerts"]:
        print(f"alert at {alert['start_s']:.1f} s: {alert['sentence']}")
    print(f"report: {out / run_folder.REPORT}")
    if summary["interrupted"]:
        print("stopped before the recording's end; everything seen until then is written")
        return INTERRUPTED
    return 0


def _make(path: Path, settings: RecordingSettings) -> None:
    """Write the recording, with a bar on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from monitor.demo.recording import make_recording

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    ) as bar:
        task = bar.add_task("making the demo recording", total=None)
        make_recording(path, settings, progress=lambda done, total: bar.update(task, completed=done, total=total))
