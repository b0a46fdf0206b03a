"""The command line: sub-commands by entry point, one line and an exit code by sysexits for every refusal."""

from __future__ import annotations

from importlib.metadata import EntryPoint, version

import pytest
import typer

from models.errors import BundleCorrupt
from monitor import cli
from monitor.errors import ConfigurationError, InputMissing


def shout(word: str, times: int = 1) -> None:
    """Print a word."""
    print(word.upper() * times)


def stumble() -> None:
    raise InputMissing("clip.mp4: no such\nfile")


def misconfigured() -> None:
    raise ConfigurationError("a.toml:3: alerts.latch_s: must be > 0, got -3")


def broken_bundle() -> None:
    raise BundleCorrupt("zoo/face: changed")


def interrupted() -> None:
    raise KeyboardInterrupt


def leave() -> None:
    raise typer.Exit(3)


group = typer.Typer()


@group.command()
def left() -> None:
    print("left")


@group.command()
def right() -> None:
    print("right")


@pytest.fixture(autouse=True)
def commands(monkeypatch: pytest.MonkeyPatch) -> None:
    here = __name__
    points = {
        name: EntryPoint(name=name, group=cli.GROUP, value=value)
        for name, value in {
            "shout": f"{here}:shout",
            "stumble": f"{here}:stumble",
            "misconfigured": f"{here}:misconfigured",
            "broken": f"{here}:broken_bundle",
            "interrupted": f"{here}:interrupted",
            "leave": f"{here}:leave",
            "group": f"{here}:group",
            "absent": "no_such_package.command:run",
        }.items()
    }
    functions = {"shout": shout, "stumble": stumble, "misconfigured": misconfigured, "broken_bundle": broken_bundle,
                 "interrupted": interrupted, "leave": leave, "group": group}  # fmt: skip
    real = EntryPoint.load

    def load(point: EntryPoint) -> object:
        return functions[point.attr] if point.module == here else real(point)

    monkeypatch.setattr(EntryPoint, "load", load)
    monkeypatch.setattr(cli, "registered", lambda: points)


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (["stumble"], 66, "vigil: clip.mp4: no such file"),
        (["misconfigured"], 78, "vigil: a.toml:3: alerts.latch_s: must be > 0, got -3"),
        (["broken"], 65, "vigil: zoo/face: changed"),
        (["interrupted"], 130, "vigil: interrupted"),
        (
            ["absent", "--x", "y"],
            69,
            "vigil: command 'absent' is not available here: No module named 'no_such",
        ),
        (["shout", "a", "--nope"], 64, "vigil: No such option: --nope (see `vigil shout --help`)"),
        (["shout"], 64, "vigil: Missing argument 'word'."),
        (["shout", "a", "--times", "b"], 64, "vigil: Invalid value for '--times'"),
        (["sing"], 64, "vigil: no command 'sing'; there are: shout,"),
        (["--nope"], 64, "vigil: No such option: --nope (see `vigil --help`)"),
    ],
)
def test_refusal_is_one_line_and_a_code(capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, line: str):
    assert cli.run(arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(line)
    assert captured.err.count("\n") == 1


def test_commands_run(capsys: pytest.CaptureFixture[str]):
    assert cli.run(["shout", "ha", "--times", "2"]) == 0
    assert cli.run(["group", "right"]) == 0
    assert capsys.readouterr().out == "HAHA\nright\n"
    assert cli.run(["leave"]) == 3


def test_version(capsys: pytest.CaptureFixture[str]):
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == f"vigil {version('vigil')}\n"


def test_help_names_every_command_and_what_is_not_there(capsys: pytest.CaptureFixture[str]):
    assert cli.run([]) == 0
    text = capsys.readouterr().out
    assert "shout" in text
    assert "Print a word" in text
    assert "absent" in text
    assert "Not available here" in text
