"""The house's own rules, checked: small files, no registry addresses, documents that name what exists."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "THIRD_PARTY.md", "systemd/README.md")
DOCUMENTS += tuple(
    str(path.relative_to(REPOSITORY))
    for path in sorted((REPOSITORY / "docs").rglob("*.md"))
    if "_build" not in path.parts
)


def _kept(*patterns: str) -> list[Path]:
    """Files under version control that match."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=REPOSITORY, capture_output=True, check=False, text=True
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [REPOSITORY / name for name in listed.stdout.split("\0") if name and (REPOSITORY / name).is_file()]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_no_file_is_longer_than_400_lines():
    long = {str(path.relative_to(REPOSITORY)): len(_text(path).splitlines()) for path in _kept("*.py")}
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


def test_every_module_says_what_it_is():
    silent = [path for path in _kept("*.py") if not _text(path).lstrip().startswith(('"""', "#!", 'r"""'))]
    assert silent == []


def test_package_files_hold_a_docstring_only():
    for path in _kept("monitor/*__init__.py", "models/*__init__.py", "exporters/*__init__.py"):
        assert re.fullmatch(r'\s*"""[^"]*"""\s*', _text(path)), path


def test_no_name_that_means_nothing():
    vague = {"utils", "helpers", "common", "manager"}
    assert [path for path in _kept("*.py") if vague & {path.stem, *path.relative_to(REPOSITORY).parts[:-1]}] == []


def test_no_registry_address_and_no_path_of_one_machine():
    addresses = ["pypi" + ".org", "pythonhosted" + ".org", "/" + "work/", "--index" + "-url"]
    found = []
    for path in _kept("*.py", "*.md", "*.toml", "*.txt", "Makefile", ".ci/*"):
        text = _text(path)
        found += [(str(path.relative_to(REPOSITORY)), address) for address in addresses if address in text]
    assert found == []


def test_clocks_are_read_in_one_place():
    reading = re.compile(r"^\s*(import time\b|from time import)|datetime\.(now|utcnow)\(", re.MULTILINE)
    readers = [path for path in _kept("monitor/*.py") if reading.search(_text(path))]
    assert [path.name for path in readers] == ["clock.py"]


def test_onnx_runtime_is_imported_where_its_telemetry_is_off():
    importing = re.compile(r"^\s*(import onnxruntime|from onnxruntime)\b", re.MULTILINE)
    importers = [path for path in _kept("*.py") if importing.search(_text(path))]
    assert [path.name for path in importers] == ["onnx_runtime.py"]


def test_the_word_is_alert():
    for path in _kept("monitor/*.py", "README.md", "CONTRIBUTING.md"):
        assert not re.search(r"\balarms?\b", _text(path), re.IGNORECASE), path


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_in_the_documents_lead_somewhere(document: str):
    path = REPOSITORY / document
    for target in re.findall(r"\]\(([^)#]+)\)", _text(path)):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{document}: {target}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_in_the_documents_exist(document: str):
    project = tomllib.loads(_text(REPOSITORY / "pyproject.toml"))["project"]
    commands = set(project["entry-points"]["vigil.commands"])
    targets = set(re.findall(r"^([a-z]+):", _text(REPOSITORY / "Makefile"), re.MULTILINE))
    text = _text(REPOSITORY / document)
    assert set(re.findall(r"`vigil ([a-z-]+)", text)) <= commands
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= targets


def test_the_readme_lists_every_command():
    project = tomllib.loads(_text(REPOSITORY / "pyproject.toml"))["project"]
    listed = set(re.findall(r"`vigil ([a-z-]+)", _text(REPOSITORY / "README.md")))
    assert set(project["entry-points"]["vigil.commands"]) == listed


def test_files_and_folders_that_the_documents_name_exist():
    for document in DOCUMENTS:
        for name in re.findall(r"`((?:monitor|models|exporters|tests)/[\w./-]+)`", _text(REPOSITORY / document)):
            assert (REPOSITORY / name).exists(), f"{document}: {name}"


def test_the_readme_says_what_it_is_not():
    text = " ".join(_text(REPOSITORY / "README.md").split())
    for said in ("check the resident", "not a certified medical device", "no diagnosis", "Not validated on"):
        assert said in text


def test_the_licence_is_whole():
    assert "Apache License" in _text(REPOSITORY / "LICENSE")
    assert "END OF TERMS AND CONDITIONS" in _text(REPOSITORY / "LICENSE")
