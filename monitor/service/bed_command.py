"""``vigil bed``: the beds of the running service, and what a nurse at the machine can do about their alerts."""

from __future__ import annotations

import getpass
import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.alerts.topics import Verdict
from monitor.errors import UsageError
from monitor.service.control.client import ask
from monitor.service.control.requests import Request
from monitor.service.folders import find_runtime

bed = typer.Typer(help="The beds of the running service: list, acknowledge, pause, neutral face.", no_args_is_help=True)

RuntimeDir = Annotated[Path | None, typer.Option(help="Folder of the service's control socket.", show_default=False)]
By = Annotated[str, typer.Option("--by", help="Who asks; your user name when left out.", show_default=False)]
For = Annotated[float, typer.Option("--for", help="Seconds; cut to the longest allowed.")]


@bed.command("list")
def list_beds(
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False, runtime_dir: RuntimeDir = None
) -> None:
    """Every bed: how it is, and its alerts."""
    result = _ask(runtime_dir, Request(do="list"))
    if as_json:
        typer.echo(json.dumps(result, indent=2, ensure_ascii=False))
        return
    for entry in result["beds"]:
        typer.echo(_line(entry))
        for alert in entry["alerts"]:
            typer.echo(f"  {alert['alert_id']}  {alert['priority']}  {alert['presence']}: {alert['sentence']}")


@bed.command()
def ack(
    alert: Annotated[str, typer.Argument(help="The alert, BED:NUMBER as `vigil bed list` names it.")],
    by: By = "",
    verdict: Annotated[Verdict | None, typer.Option(help="What was found at the bed.")] = None,
    runtime_dir: RuntimeDir = None,
) -> None:
    """Acknowledge an alert, perhaps with a verdict."""
    _do(runtime_dir, Request(do="ack", alert=alert, by=_who(by), verdict=verdict))


@bed.command()
def pause(bed: str, for_s: For, by: By = "", runtime_dir: RuntimeDir = None) -> None:
    """No sound for a while; alerts stay visible and escalate."""
    _do(runtime_dir, Request(do="pause", bed=bed, seconds=for_s, by=_who(by)))


@bed.command()
def resume(bed: str, by: By = "", runtime_dir: RuntimeDir = None) -> None:
    """Sound again."""
    _do(runtime_dir, Request(do="resume", bed=bed, by=_who(by)))


@bed.command()
def privacy(bed: str, for_s: For, by: By = "", runtime_dir: RuntimeDir = None) -> None:
    """Care at the bed: nobody looks for a while."""
    _do(runtime_dir, Request(do="privacy", bed=bed, seconds=for_s, by=_who(by)))


@bed.command("end-privacy")
def end_privacy(bed: str, by: By = "", runtime_dir: RuntimeDir = None) -> None:
    """Care is over: look again."""
    _do(runtime_dir, Request(do="end_privacy", bed=bed, by=_who(by)))


@bed.command()
def neutral(
    bed: str,
    what: Annotated[str, typer.Argument(help="`reset` forgets the person; a number: seconds of face taken in.")] = "",
    by: By = "",
    runtime_dir: RuntimeDir = None,
) -> None:
    """The face is neutral now: judge pain against it from here on."""
    if what == "reset":
        _do(runtime_dir, Request(do="reset_neutral", bed=bed, by=_who(by)))
        return
    try:
        seconds = float(what) if what else None
    except ValueError:
        raise UsageError(f"neutral: wants `reset` or seconds, got {what!r}") from None
    _do(runtime_dir, Request(do="neutral", bed=bed, seconds=seconds, by=_who(by)))


def _ask(runtime_dir: Path | None, request: Request) -> dict[str, Any]:
    folder = find_runtime(runtime_dir, os.environ)
    return ask(folder / "control.sock", request)


def _do(runtime_dir: Path | None, request: Request) -> None:
    typer.echo(_ask(runtime_dir, request)["said"])


def _who(by: str) -> str:
    if by:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise UsageError("say who asks: --by NAME") from None


def _line(entry: dict[str, Any]) -> str:
    score = "" if entry["score"] is None else f" {entry['score']:.2f}"
    because = f" ({entry['because']})" if entry["because"] else ""
    pauses = "".join(f", {name} until {entry[key]}" for name, key in _PAUSES if entry[key])
    return f"{entry['bed']}: {entry['level']}{score}{because}{pauses}"


_PAUSES = (("sound paused", "audio_paused_until"), ("privacy", "privacy_until"))
