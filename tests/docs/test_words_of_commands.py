"""Commands in the documents: written where a test finds them, and as the real command line reads them."""

from __future__ import annotations

import re

import pytest
from documents import DOCUMENTS, PROGRAMS, Block, blocks, commands, commands_of, inline_code, synopses, without_comment
from dry_parse import refusal


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_command_stands_in_a_block_of_sh(document: str):
    elsewhere = [
        f"{document}:{block.line}: {line}"
        for block in blocks(document)
        if block.language not in ("sh", "text")
        for line in block.text.splitlines()
        if line.split() and line.split()[0].rpartition("/")[2] in PROGRAMS and not line.rstrip().endswith(":")
    ]
    assert elsewhere == [], "write ```sh over it, or ```text where it is a synopsis"


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if commands(name)])
def test_every_vigil_in_a_block_is_read_by_the_command_line(document: str):
    refused = {
        str(command): why
        for command in commands(document)
        for words in re.findall(r"(?:^|&& |; |bin/|^sudo .*[ /])(vigil (?![/:]).*?)(?= [>|;&]|;|$)", command.text)
        if (why := refusal(words))
    }
    assert refused == {}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_vigil_in_a_sentence_is_read_by_the_command_line(document: str):
    refused = {
        text: why
        for text in inline_code(document)
        if text.startswith("vigil ") and (why := refusal(text.replace(" …", ""), whole=False))
    }
    assert refused == {}


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if synopses(name)])
def test_every_synopsis_is_read_by_the_command_line(document: str):
    assert {text: why for text in synopses(document) if (why := refusal(text))} == {}


def test_what_is_wrong_is_found():
    assert refusal("vigil bed ack bed-1:7 --by Anna --verdict pain") is None
    assert "No such option" in (refusal("vigil bed list --colour") or "")
    assert "perhaps" in (refusal("vigil bed ack bed-1:7 --verdict perhaps") or "")
    assert refusal("vigil bed sing bed-1")
    assert refusal("vigil models train shipped")
    assert refusal("vigil models train shipped", whole=False) is None
    assert refusal("vigil models train shipped --colour", whole=False)


def test_how_a_block_becomes_commands():
    text = "make run   # all of it\n\nvigil data check \\\n    --json\necho '# no comment' && true\n# nothing\n"
    found = commands_of(Block("x.md", 1, "sh", text))
    assert [(each.line, each.text) for each in found] == [
        (2, "make run"),
        (5, "vigil data check --json"),
        (6, "echo '# no comment' && true"),
    ]
    assert without_comment("a#b") == "a#b"
