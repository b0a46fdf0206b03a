"""Every command of every document is carried out on a machine in a folder; those that wait for a service are in
``test_commands_live.py``."""

from __future__ import annotations

import pytest
from document_story import FILE, carry_out, wants_service
from document_treatment import TREATMENTS, How, treatment
from document_world import DocumentWorld
from documents import DOCUMENTS, blocks, commands

QUIET = [document for document in DOCUMENTS if commands(document) and not wants_service(document)]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("document", QUIET)
def test_every_command_of(document: str, world: DocumentWorld):
    carry_out([document], world)


def test_somebody_said_how_each_is_carried_out():
    unknown = [str(each) for document in DOCUMENTS for each in commands(document) if treatment(each.text) is None]
    assert unknown == [], "teach tests/document_treatment.py"


def test_what_is_not_carried_out_has_its_reason(capsys: pytest.CaptureFixture[str]):
    named = [
        (command, found.because)
        for document in DOCUMENTS
        for command in commands(document)
        if (found := treatment(command.text)) and found.how is How.NAMED
    ]
    for command, because in named:
        print(f"{command}: not carried out: {because}")
    assert all(because for _, because in named)
    assert all(each.because for each in TREATMENTS if each.how is How.NAMED)
    carried_out = sum(len(commands(document)) for document in DOCUMENTS) - len(named)
    assert carried_out > 4 * len(named), "most commands are carried out"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_block_of_configuration_says_where_it_stands(document: str):
    nameless = [block.line for block in blocks(document) if block.language == "yaml" and not FILE.match(block.text)]
    assert nameless == [], "its first line is '# /etc/vigil/….yaml', and the whole is checked as that file"
