"""``vigil models``: train the shipped network, evaluate a bundle, run the papers' recipes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer

from models.datasets.command import data as data_command
from models.errors import DataMissing, PartMissing

EVALUATIONS = "vigil.evaluations"
"""Entry point group of ``--dataset``: functions (bundle, data or None, landmarker or None) → figures."""
LANDMARKERS = "vigil.landmarkers"
"""Entry point group of what finds the landmark asset: a function (configured path or None) → path or None."""

models = typer.Typer(help="Train the shipped network, evaluate bundles, run the papers' recipes.", no_args_is_help=True)
models.add_typer(data_command, name="data")


class _Bar:
    """Progress on a terminal as a bar, elsewhere as a line every tenth."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), transient=True
        )
        self.task: Any = None
        self.title = ""

    def __call__(self, title: str, done: int, total: int) -> None:
        if self.progress.console.is_terminal:
            if title != self.title:
                self.task = self.progress.add_task(title, total=total)
                self.progress.start()
            self.progress.update(self.task, completed=done)
        elif done % max(1, total // 10) == 0:
            typer.echo(f"{title}: {done} of {total}", err=True)
        self.title = title


@models.command()
def train(
    recipe: Annotated[str, typer.Argument(help="shipped: the network in models/zoo/face-112")],
    data: Annotated[Path, typer.Option(help="folder with ferplus_train_valid.npz, london/ and canada/")],
    landmarker: Annotated[Path, typer.Option(help="the published face_landmarker.task (with blendshapes)")],
    work: Annotated[Path, typer.Option(help="caches, checkpoint and curves; resumes from here")] = Path(
        "runs/face-112"
    ),
    epochs: Annotated[int | None, typer.Option(help="of every stage, instead of the recipe's numbers")] = None,
    start: Annotated[Path | None, typer.Option(help="a bundle to begin from, instead of fresh weights")] = None,
    stage: Annotated[
        str,
        typer.Option(
            help="stage to begin with: learn, settle, lengthen, units or measure, or joint, which runs alone; "
            "all but learn need --start"
        ),
    ] = "learn",
) -> None:
    """Train in four stages and measure, resumable; leaves WORK/final for ``vigil export`` and curves.csv per stage."""
    if recipe != "shipped":
        raise DataMissing(f"models train: no recipe {recipe!r}; there is shipped")
    if not landmarker.is_file():
        raise DataMissing(f"{landmarker}: face landmarker not found; `vigil assets` fetches it")
    from models.recipes.face112_stages import Stage, train_shipped

    if stage not in tuple(Stage):
        raise DataMissing(f"models train: no stage {stage!r}; there are {', '.join(Stage)}")
    if start is None and stage != Stage.LEARN:
        raise DataMissing(f"models train: stage {stage} goes on from a bundle; name it with --start")
    bar = _Bar()

    def report(figures: dict[str, float]) -> None:
        typer.echo(json.dumps(figures), err=True)

    state = None if start is None else _state(start)
    figures = train_shipped(data, landmarker, work, report, bar, start=state, stage=Stage(stage), epochs=epochs)
    bar.progress.stop()
    typer.echo(json.dumps(figures, indent=1))


def _state(bundle: Path) -> Mapping[str, Any]:
    """Weights of a bundle, to go on from."""
    from models.bundle import open_bundle
    from models.weights import load_network

    opened = open_bundle(bundle)
    if opened.spec.architecture not in ("region_resnet18", "region_resnet18_units"):
        known = opened.spec.architecture
        raise DataMissing(f"{bundle}: is a {known}; the shipped recipe goes on from a region_resnet18")
    return load_network(opened).state_dict()


@models.command()
def evaluate(
    model: Annotated[Path, typer.Argument(help="a bundle folder")],
    dataset: Annotated[str, typer.Option(help="which evaluation; a wrong name lists them all")] = "ferplus",
    file: Annotated[Path | None, typer.Option(help="the data, in the data set's own layout")] = None,
    landmarker: Annotated[
        Path | None, typer.Option(help="face landmarker; without it the one that vigil itself uses")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Figures of a bundle on labelled data, each with n and a 95% interval."""
    figures = _evaluation(dataset)(model, file, _landmarker(landmarker))
    from models.evaluation import plain_text

    if as_json:
        sys.stdout.write(plain_text.as_json(figures))
    else:
        from rich.console import Console

        plain_text.print_tables(figures, Console(highlight=False))


Evaluation = Callable[[Path, Path | None, Path | None], dict[str, Any]]
"""Bundle, data, landmarker → figures that JSON can hold."""


@models.command()
def check(model: Annotated[Path, typer.Argument(help="a bundle folder")]) -> None:
    """Say whether a bundle can be used as it is, and what it lacks; one that cannot be used is refused in one line."""
    from models.bundle import open_bundle

    bundle = open_bundle(model)
    try:
        from models.drop_in import lacks
    except ModuleNotFoundError as error:
        raise PartMissing(f"models check needs {error.name}: pip install 'vigil[explain]'") from error
    missing = lacks(bundle)
    typer.echo(f"{model}: {bundle.spec.model_id}, {bundle.precision}, hashes agree: can be used as it is")
    for line in missing:
        typer.echo(f"- {line}")


@models.command()
def card(
    model: Annotated[Path, typer.Argument(help="a bundle folder; its card is written anew and sealed")],
    figures: Annotated[Path, typer.Option(help="folder of NAME.json, as evaluate --dataset NAME --json prints them")],
) -> None:
    """Put measured figures into a bundle's model card, each with its command."""
    from models.model_card import write_card

    typer.echo(str(write_card(model, figures)))


@models.command()
def report(
    paper: Annotated[str, typer.Argument(help="weitz, rieger, prajod or arbabzadah")],
    out: Annotated[Path, typer.Option(help="folder for report.html, tables/*.csv and figures/*.png")],
    quick: Annotated[bool, typer.Option("--quick", help="smaller widths, inputs and counts; says what shrank")] = False,
    data: Annotated[
        list[str] | None, typer.Option(help="NAME=FOLDER of a data set; open stand-ins for what is not given")
    ] = None,
    weights: Annotated[
        list[str] | None, typer.Option(help="NAME=FILE (or NAME=torchvision) to start from; else random weights")
    ] = None,
    landmarker: Annotated[
        Path | None, typer.Option(help="face landmarker; else the one that vigil itself uses")
    ] = None,
    workers: Annotated[str, typer.Option(help="processes, or the address of a Ray cluster")] = "1",
    seed: Annotated[int | None, typer.Option(help="instead of the recipe's own")] = None,
    train_on: Annotated[
        list[str] | None, typer.Option(help="rieger: a set to learn from; actor_study, ck_plus, or (twice) both")
    ] = None,
    work: Annotated[Path | None, typer.Option(help="crops and checkpoints; resumes from here (OUT/work)")] = None,
) -> None:
    """Run a paper's recipe and write its tables and figures beside the published ones."""
    from models.reports.command import write_report

    bar = _Bar()
    try:
        written = write_report(
            paper,
            out,
            quick=quick,
            data=data or (),
            weights=weights or (),
            landmarker=_landmarker(landmarker),
            workers=workers,
            seed=seed,
            train_on=train_on or (),
            work=work,
            progress=bar,
        )
    finally:
        bar.progress.stop()
    for item in written.what_shrank:
        typer.echo(f"shrunk: {item}")
    if written.stand_in:
        typer.echo("numbers marked as such in the report come from open stand-in data")
    typer.echo(str(out / "report.html"))


def _evaluation(name: str) -> Evaluation:
    """The evaluation registered as ``name``; only its module is imported."""
    known = {point.name: point for point in entry_points(group=EVALUATIONS)}
    if name not in known:
        raise typer.BadParameter(f"no data set {name!r}; there are: {', '.join(sorted(known))}", param_hint="--dataset")
    try:
        evaluation: Evaluation = known[name].load()
    except ImportError as error:
        raise PartMissing(f"models evaluate --dataset {name}: not available here: {error}") from error
    return evaluation


def _landmarker(given: Path | None) -> Path | None:
    """What the first registered finder makes of the path that was ``given``, or not; without a finder, that path."""
    for point in entry_points(group=LANDMARKERS):
        found: Path | None = point.load()(given)
        return found
    return given
