"""The documents whose commands speak to a service that runs: it does, on a recording, and judges."""

from __future__ import annotations

import pytest
from document_story import carry_out, wants_service
from document_world import DocumentWorld
from documents import DOCUMENTS

pytestmark = [pytest.mark.live, pytest.mark.timeout(1500)]

ALONE = ("docs/first-ward.md", "docs/operations.md", "docs/page.md")
"""They write their own configuration, or end the service; all others share one."""


@pytest.mark.parametrize("document", ALONE)
def test_the_story_of(document: str, world: DocumentWorld):
    assert wants_service(document)
    carry_out([document], world)


def test_the_commands_of_all_others(world: DocumentWorld):
    carry_out([document for document in DOCUMENTS if wants_service(document) and document not in ALONE], world)
