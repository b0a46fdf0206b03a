"""The page of a ward of two beds on a real port, and browsers' clients that are logged in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fake_ward import FakeWard
from page_server import PASSWORD, QUICK, add, serving

from monitor import clock
from monitor.storage.database.database import Database
from monitor.ward.page import PageSettings
from monitor.web.link import BedPlace
from monitor.web.making import make_page
from monitor.web.page import Page
from monitor.web.roles import Role

BEDS = {"bed-1": BedPlace(room="12", resident="left bed"), "bed-2": BedPlace(room="14", resident="window bed")}


class Browser(httpx.Client):
    """A client that sends the page's CSRF value along, as the page does."""

    def log_in(self, name: str, password: str = PASSWORD) -> Browser:
        answer = self.post("/api/login", json={"name": name, "password": password})
        assert answer.status_code == 204, answer.text
        return self.renew()

    def renew(self) -> Browser:
        self.headers["X-Vigil-CSRF"] = self.get("/api/session").json()["csrf"]
        return self


class ShiftedClock:
    """The machine's clocks, ahead by ``ahead_s``."""

    ahead_s = 0.0

    def at(self) -> datetime:
        return clock.now_at() + timedelta(seconds=self.ahead_s)

    def s(self) -> float:
        return clock.now_s() + self.ahead_s


@dataclass
class Served:
    """A page that is being served."""

    ward: FakeWard
    page: Page
    base: str
    clock: ShiftedClock
    _open: list[httpx.Client]

    def browser(self, name: str | None = None) -> Browser:
        made = Browser(base_url=self.base, timeout=60)
        self._open.append(made)
        return made if name is None else made.log_in(name)

    def settings(self, **changes: object) -> None:
        configuration = self.ward.configuration()
        self.ward.configure(replace(configuration, page=replace(configuration.page, **changes)))


Serve = Callable[[FakeWard], Served]


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with every table: copying it is quicker than making it."""
    path = tmp_path_factory.mktemp("new") / "vigil.sqlite"
    Database.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def ward(tmp_path: Path, new_database: Path) -> Iterator[FakeWard]:
    """Nobody is a user of it yet."""
    shutil.copy(new_database, tmp_path / "vigil.sqlite")
    made = FakeWard(tmp_path, BEDS, PageSettings(enabled=True, port=1), ward="north")
    yield made
    made.close()


@pytest.fixture
def served(ward: FakeWard) -> Iterator[Served]:
    """Served to admin (all beds), nurse and viewer (bed-1 alone) and watcher (bed-1 with pictures)."""
    add(ward, "admin", Role.ADMIN, None)
    add(ward, "nurse", Role.NURSE, ("bed-1",))
    add(ward, "viewer", Role.VIEWER, ("bed-1",))
    add(ward, "watcher", Role.VIEWER, ("bed-1",), pictures=True)
    yield from _served(ward)


@pytest.fixture
def empty(ward: FakeWard) -> Iterator[Served]:
    """Served to nobody: the first set-up is still to be done."""
    yield from _served(ward)


def _served(ward: FakeWard) -> Iterator[Served]:
    shifted = ShiftedClock()
    page = make_page(ward, QUICK, now_at=shifted.at, now_s=shifted.s)
    opened: list[httpx.Client] = []
    with serving(page) as (_, port):
        yield Served(ward, page, f"http://127.0.0.1:{port}", shifted, opened)
        for client in opened:
            client.close()
