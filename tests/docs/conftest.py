"""A machine for each document."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from document_base import make_base
from document_world import DocumentWorld


@pytest.fixture(scope="session")
def document_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("machine"))


@pytest.fixture
def world(document_base: Path) -> Iterator[DocumentWorld]:
    """In a folder with a short name: the paths of sockets hold 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="vigil-") as folder:
        made = DocumentWorld(document_base, Path(folder))
        try:
            yield made
        finally:
            made.end()
