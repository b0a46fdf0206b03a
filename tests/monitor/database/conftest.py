"""A place for a database of its own for each test: a SQLite file, a PostgreSQL database, or one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from postgresql_server import PASSWORD, PostgresqlServer, postgresql_server

from monitor.storage.database.database import Database


@dataclass
class Place:
    """Where a database lies; ``open`` may be called again and again."""

    url: str
    password: str | None = None

    def open(self, **options: Any) -> Database:
        return Database.open(self.url, self.password, **options)

    @property
    def file(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as running:
        yield running


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    return Place(f"sqlite:///{tmp_path}/ward/vigil.sqlite")


@pytest.fixture
def postgresql_place(server: PostgresqlServer) -> Place:
    return Place(server.new_place(), PASSWORD)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Place:
    return request.getfixturevalue(f"{request.param}_place")


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    with place.open() as opened:
        yield opened
