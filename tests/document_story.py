"""A document from its first command to its last, on a machine of its own."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from document_treatment import How, treatment
from document_world import DocumentWorld
from documents import REPOSITORY, Command, blocks, commands, commands_of
from dry_parse import refusal

FILE = re.compile(r"# (/etc/vigil/\S+\.yaml)\n")
_WANTS_SERVICE = re.compile(r"curl |vigil bed |cat /var/lib/vigil/page-setup-code")
_ENDS_SERVICE = re.compile(r"systemctl (stop|restart) vigil\b|systemctl disable --now vigil\b")


def wants_service(document: str) -> bool:
    """Whether a command of ``document`` speaks to a service that runs."""
    return any(_WANTS_SERVICE.match(each.text) or each.text.startswith("vigil run") for each in commands(document))


def carry_out(documents: Iterable[str], world: DocumentWorld) -> None:
    """Write every file that the documents show and carry out every command, in their order."""
    written = False
    for document in documents:
        for block in blocks(document):
            if block.language == "yaml" and (file := FILE.match(block.text)):
                world.write(file[1], block.text)
                written = True
            for command in commands_of(block) if block.language == "sh" else ():
                _carry_out(command, world)
    if written:
        checked = world.carry_out("vigil check-config /etc/vigil/vigil.yaml")
        assert checked.returncode == 0, checked.stderr


def _carry_out(command: Command, world: DocumentWorld) -> None:
    found = treatment(command.text)
    assert found is not None, f"{command}: teach tests/document_treatment.py how it is carried out"
    if found.how is How.NAMED:
        check_names(command)
        return
    if found.how is How.SERVICE:
        world.start(shlex.split(command.text)[1:])
        return
    if _WANTS_SERVICE.match(command.text) and not world.runs:
        world.start()
    text = found.shorter(command.text)
    if "bed-1:" in text:
        text = re.sub(r"bed-1:\d+", world.alert(), text)
    done = world.carry_out(text, where=REPOSITORY if found.how is How.IN_THE_CHECKOUT else None)
    assert done.returncode == 0, f"{command}: left with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    if _ENDS_SERVICE.search(command.text):
        world.end()


def check_names(command: Command) -> None:
    """That what a command names exists, where carrying it out is too much."""
    words = shlex.split(command.text)
    program = words[0].rpartition("/")[2]
    if program == "make":
        asked = ["make", "--dry-run", "--old-file=.venv/.installed", f"VENV={sys.prefix}", *words[1:]]
        done = subprocess.run(asked, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, f"{command}: {done.stderr}"
    elif program == "vigil":
        assert refusal(command.text) is None, f"{command}: {refusal(command.text)}"
    elif program == "python":
        assert importlib.util.find_spec(words[words.index("-m") + 1]), f"{command}: no such module"
        named = [word for word in words if word.startswith("systemd/")]
        assert all((REPOSITORY / name).is_file() for name in named), f"{command}: no such file"
        assert refusal(f"vigil {' '.join(words[words.index('--') + 2 :])}") is None, str(command)
    elif program == "pip":
        _check_pip(command, words)
    else:
        assert program in ("sudo", "apt-get"), f"{command}: nothing of it is checked"
        _check_apt(command, words)


def _check_pip(command: Command, words: list[str]) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for extra in re.findall(r"\[([\w,]+)\]", command.text):
        assert set(extra.split(",")) <= set(project["optional-dependencies"]), f"{command}: no such extra"
    if "--constraint" in words:
        assert (REPOSITORY / words[words.index("--constraint") + 1]).is_file(), str(command)


def _check_apt(command: Command, words: list[str]) -> None:
    verb, *names = [word for word in words[words.index("apt-get") + 1 :] if not word.startswith("-")]
    assert verb in ("install", "remove", "purge", "update"), f"{command}: nothing of it is checked"
    ours = re.findall(r"^Package: (.*)$", (REPOSITORY / "debian/control").read_text(encoding="utf-8"), re.MULTILINE)
    listed = (REPOSITORY / ".ci/system-packages").read_text(encoding="utf-8").split()
    for name in (Path(name).name.partition("_")[0] if "/" in name else name for name in names):
        known = name in (*ours, *listed) or _dpkg_knows(name)
        assert known, f"{command}: {name} is neither ours nor a package that this project uses"


def _dpkg_knows(name: str) -> bool:
    asked = ["apt-cache", "--names-only", "show", name]
    return subprocess.run(asked, capture_output=True, check=False, timeout=60).returncode == 0
