"""`vigil models data`: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import dataset_trees as trees
import pytest
from typer.testing import CliRunner, Result

from models.command import models
from models.datasets import registry
from models.errors import DataMissing

REPOSITORY = Path(__file__).resolve().parents[3]


def run(*words: object) -> Result:
    return CliRunner().invoke(models, ["data", *map(str, words)])


def test_a_complete_set_ends_well_and_shows_its_counts_beside_the_published(tmp_path: Path) -> None:
    done = run("check", "kdef", trees.kdef_set(tmp_path))
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert next(line for line in lines if line.startswith("pictures")).split() == ["pictures", "4,900", "4,900", "same"]
    assert lines[-2] == "published: Lundqvist et al. 1998"
    assert lines[-1] == f"{tmp_path}: kdef is complete"


def test_counts_that_differ_are_said_though_no_file_is_missing(tmp_path: Path) -> None:
    root = trees.ck_plus(tmp_path)
    done = run("check", "ck_plus", root)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == (
        f"{root}: ck_plus: every file belongs to a whole, but 4 counts differ from the published ones"
    )
    said = json.loads(run("check", "ck_plus", root, "--json").stdout)
    assert (said["problems"], said["as_published"]) == ([], False)
    assert {count["what"]: count["here"] for count in said["counts"]}["sequences"] == 3


def test_problems_are_lines_and_the_end_is_no_input(tmp_path: Path) -> None:
    root = trees.ck_plus(tmp_path)
    for path in sorted((root / "Landmarks").rglob("*.txt"))[:3]:
        path.unlink()
    trees.cut(root / "cohn-kanade-images/S010/002/S010_002_00000001.png")
    done = run("check", "ck_plus", root)
    assert isinstance(done.exception, DataMissing)
    assert done.exception.exit_code == 66
    assert str(done.exception) == f"{root}: ck_plus is incomplete: 2 problems"
    assert [line.split(": ", 1)[1] for line in done.stdout.splitlines()] == [
        "3 of 5 frames are missing, first S005_001_00000001_landmarks.txt",
        "cut off (half copied?)",
    ]
    said = json.loads(run("check", "ck_plus", root, "--json").stdout)
    assert len(said["problems"]) == 2


def test_many_problems_are_cut_short_as_text_alone(tmp_path: Path) -> None:
    root = trees.kdef_set(tmp_path, people=["F01"])
    lines = run("check", "kdef", root).stdout.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "… and 118 more (--json names them all)"
    assert len(json.loads(run("check", "kdef", root, "--json").stdout)["problems"]) == 138


def test_counts_alone_and_a_wrong_name(tmp_path: Path) -> None:
    root = trees.us_adult_faces(tmp_path)
    rows = json.loads(run("counts", "us-adult-faces", root, "--json").stdout)
    assert rows[1] == {
        "what": "rated pictures",
        "here": 5,
        "published": 2222,
        "source": "Bainbridge et al. 2013; paper A",
    }
    assert "differs" in run("counts", "us-adult-faces", root).stdout
    assert "no data set 'nix'; there are: biovid" in str(run("counts", "nix", root).exception)


@pytest.mark.parametrize("name", registry.NAMES)
def test_the_manual_knows_every_set(name: str) -> None:
    manual = (REPOSITORY / "docs" / "datasets.md").read_text()
    assert f"| `{name}` |" in manual
