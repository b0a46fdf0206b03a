"""A ward that the test moves, its page on a free port, and a browser whose page must do nothing wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import pytest
from fake_ward import FakeWard
from page_browser import Visit, chromium
from page_server import BEDS, QUICK, add_three, serving
from playwright.sync_api import Browser

from monitor.ward.page import PageSettings
from monitor.web.making import make_page
from monitor.web.server import PageServer


@dataclass
class Site:
    """A page that is being served."""

    ward: FakeWard
    server: PageServer
    base: str


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def empty_ward(tmp_path: Path) -> Iterator[FakeWard]:
    """Four beds, nobody who may log in; port 1 lets the server choose one that is free."""
    ward = FakeWard(tmp_path, BEDS, PageSettings(enabled=True, port=1), ward="ward-3")
    yield ward
    ward.close()


@pytest.fixture
def ward(empty_ward: FakeWard) -> Iterator[FakeWard]:
    """Admin, nurse and viewer may log in, and the supervisor speaks every half second."""
    add_three(empty_ward)
    stop = Event()
    heart = Thread(target=_beat, args=(empty_ward, stop), daemon=True)
    heart.start()
    yield empty_ward
    stop.set()
    heart.join(30)


def _beat(ward: FakeWard, stop: Event) -> None:
    while not stop.wait(0.5):
        ward.publish()


@pytest.fixture
def site(ward: FakeWard) -> Iterator[Site]:
    with serving(make_page(ward, QUICK)) as (server, port):
        yield Site(ward, server, f"http://127.0.0.1:{port}/")


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Fails the test when the page asked another host, broke its own policy, or had an error."""
    visit = Visit(browser, site.base)
    yield visit
    for context in browser.contexts:
        context.close()
    assert visit.wrongs == []
